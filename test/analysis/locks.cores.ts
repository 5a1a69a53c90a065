import { expect } from 'chai';
import { type Diagnosis, diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { fixtureProgram, type Printed } from '../fixture-program.js';
import { goTools } from '../hung-program.js';
import { expectNothing } from '../nothing-found.js';
import { isSure } from '../sure.js';

const { signal } = new AbortController();
const gos = await goTools(signal);
/** Looked at by several tests. */
const shared = ['leaked', 'channel-lock', 'own-transaction'];
const builds = { default: [], unoptimised: ['-gcflags=all=-N -l'] };

interface Expected {
  readonly class: string;
  readonly subtype: string;
  readonly rule: string;
  /** Goroutines of the root cause and behind it. */
  readonly root: number;
  readonly victims?: number;
  readonly names: readonly string[];
  readonly kinds: readonly string[];
}

const lock = (rule: string, subtype: string, root: number, names: string[], kind = 'mutex', victims = 0) =>
  ({
    class: 'resource',
    subtype,
    rule,
    root,
    victims,
    names,
    kinds: names.map(() => kind),
  }) satisfies Expected;

const faulty: Readonly<Record<string, Expected>> = {
  'double-lock': lock('double-lock', 'double-lock', 1, ['main.store.mu'], 'mutex', 6),
  'one-of-many': lock('double-lock', 'double-lock', 1, ['main.store.mu']),
  'once-in-once': lock('double-lock', 'double-lock', 1, ['main.setup.once']),
  'read-under-write': lock('double-lock', 'double-lock', 1, ['main.cache.RWMutex'], 'rwmutex'),
  'ab-ba': lock('lock-order', 'ab-ba', 2, ['main.account.mu', 'main.account.mu'], 'mutex', 1),
  dining: lock('lock-order', 'ab-ba', 3, ['main.account.mu', 'main.account.mu', 'main.account.mu']),
  leaked: lock('leaked-lock', 'double-lock', 4, ['main.ledger.mu']),
  'leaked-panic': lock('leaked-lock', 'double-lock', 1, ['main.ledger.mu']),
  'leaked-read': lock('leaked-lock', 'double-lock', 1, ['main.table.mu'], 'rwmutex', 3),
  'own-transaction': lock('double-lock', 'double-lock', 1, ['main.journal.mu'], 'rwmutex', 2),
  'own-wrapper': lock('double-lock', 'double-lock', 1, ['main.switchable.mu']),
  rwr: lock('read-write-read', 'rwr', 2, ['main.table.mu', 'main.table.mu'], 'rwmutex', 1),
  'channel-lock': {
    ...{ class: 'mixed', subtype: 'channel-lock', rule: 'channel-lock', root: 2, victims: 4 },
    ...{ names: ['main.hub.events', 'main.hub.mu'], kinds: ['channel', 'mutex'] },
  },
  'wait-first': {
    ...{ class: 'mixed', subtype: 'channel-waitgroup', rule: 'channel-waitgroup', root: 5 },
    ...{ names: ['main.waitFirst.results', 'main.waitFirst.wg'], kinds: ['channel', 'waitgroup'] },
  },
  'passed-group': {
    ...{ class: 'mixed', subtype: 'channel-waitgroup', rule: 'channel-waitgroup', root: 4 },
    ...{ names: ['main.passedGroup.out', 'main.passedGroup.wg'], kinds: ['channel', 'waitgroup'] },
  },
  'half-done': {
    ...{ class: 'mixed', subtype: 'channel-waitgroup', rule: 'channel-waitgroup', root: 2 },
    ...{ names: ['main.halfDone.parts', 'main.halfDone.pair'], kinds: ['channel', 'waitgroup'] },
  },
  miscount: {
    ...{ class: 'mixed', subtype: 'waitgroup-misuse', rule: 'waitgroup-misuse', root: 1 },
    ...{ names: ['main.batch.pending'], kinds: ['waitgroup'] },
  },
  'lost-signal': {
    ...{ class: 'communication', subtype: 'condvar', rule: 'lost-signal', root: 1 },
    ...{ names: ['main.gate.cond'], kinds: ['cond'] },
  },
};

const healthy = [
  ...['sleeping-holder', 'syscall-holder', 'io-holder', 'helper-holder', 'handed-over', 'reader-asleep'],
  ...[
    'workers',
    'cond-queue',
    'cond-relock',
    'per-session',
    'spawns-later',
    'method-value',
    'pointer-holder',
  ],
  ...['unlocks-inside', 'slow-once', 'contended', 'readers-busy', 'spawning', 'shards-asleep'],
  ...['shared-pointer', 'promoted', 'half-done-served', 'job-counter', 'shared-group'],
];

/** Workers that come and go, or are only half of those that are waited for. */
const lookAlikes: ReadonlySet<string> = new Set([
  'spawning',
  'spawns-later',
  'half-done-served',
  'go-workers',
]);

/** `WaitGroup.Go` came with Go 1.25. */
const newer = (version: string) => Number(/^go1\.(\d+)/.exec(version)?.[1] ?? 0) >= 25;
const newerFaulty: Readonly<Record<string, Expected>> = {
  'go-half-done': {
    ...{ class: 'mixed', subtype: 'channel-waitgroup', rule: 'channel-waitgroup', root: 2 },
    ...{ names: ['main.goHalfDone.parts', 'main.goHalfDone.pair'], kinds: ['channel', 'waitgroup'] },
  },
  // Of the twenty workers eight are named.
  'go-wait-first': {
    ...{ class: 'mixed', subtype: 'channel-waitgroup', rule: 'channel-waitgroup', root: 9 },
    ...{ names: ['main.goWaitFirst.results', 'main.goWaitFirst.crowd'], kinds: ['channel', 'waitgroup'] },
  },
};

/**
 * A core of a busy program may catch the runtime while it changes a queue, and is then `unknown`; never anything
 * worse. Another moment shows all of it.
 */
async function undisturbed(look: () => Promise<Diagnosis>) {
  for (let attempt = 1; ; attempt++) {
    const diagnosis = await look();
    expect(diagnosis.findings).to.deep.equal([]);
    if (diagnosis.verdict === 'none' || attempt === 5) return diagnosis;
  }
}

for (const go of gos) {
  for (const [name, flags] of Object.entries(builds)) {
    describe(`locks in cores of ${go.version}, built ${name}`, function () {
      this.timeout(120_000);
      const program = fixtureProgram({ go, fixture: 'locks', flags, method: 'helper', shared });

      for (const [situation, expected] of Object.entries({
        ...faulty,
        ...(newer(go.version) ? newerFaulty : {}),
      })) {
        it(`diagnoses ${situation}`, async () => {
          const diagnosis = await program.diagnose(situation);
          diagnosisSchema.parse(diagnosis);
          expect(diagnosis).to.include({ verdict: 'deadlock', scope: 'partial' });
          const [finding, ...others] = diagnosis.findings;
          expect(others).to.deep.equal([]);
          const { rule, subtype, class: kind, root, victims = 0, names, kinds } = expected;
          expect(finding).to.include({ rule, subtype, class: kind }).and.satisfy(isSure);
          expect(finding?.rootCause.goroutines.length).to.equal(root);
          expect(finding?.victims.goroutines).to.equal(victims);
          expect(finding?.rootCause.resources.map((r) => r.name)).to.have.members([...names]);
          expect(finding?.rootCause.resources.map((r) => r.kind)).to.have.members([...kinds]);
        });
      }

      // Healthy programs look alike in every build.
      if (name !== 'default') return;
      for (const situation of [...healthy, ...(newer(go.version) ? ['go-workers'] : [])]) {
        it(`finds nothing in ${situation}`, async () => {
          const seen = await undisturbed(() => program.diagnose(situation));
          expectNothing(seen, lookAlikes.has(situation));
          if (seen.verdict === 'none') expect(seen.limits).to.deep.equal([]);
        });
      }

      it('says where a lock was left behind', async () => {
        const { findings } = await program.diagnose('leaked');
        expect(findings[0]?.explanation).to.match(
          /add locks it at line \d+ and can return at \S*faulty\.go:\d+/,
        );
        expect(findings[0]?.explanation).not.to.match(/\bat locks it/);
      });

      it('says that a reader wants to write', async () => {
        const { findings } = await program.diagnose('own-transaction');
        expect(findings[0]?.explanation).to.match(
          /It read-locked main\.journal\.mu at \S*transactions\.go:\d+ and locks it for writing at \S*transactions\.go:\d+ in main\.\(\*journal\)\.add/,
        );
      });

      it('says where a Done is missed', async () => {
        const { findings } = await program.diagnose('miscount');
        expect(findings[0]?.explanation).to.match(
          /\(\*batch\)\.work calls Done at \S*faulty\.go:\d+, and may return before, at line \d+\./,
        );
      });

      it('tells in which order goroutines queue, and prints checks that Delve accepts', async () => {
        let printed: Printed | undefined;
        const { findings } = await program.diagnose('channel-lock', {
          async look(core, { findings: [finding] }) {
            if (finding !== undefined) printed = await program.typeChecks(core, finding);
          },
        });
        const evidence = findings[0]?.evidence ?? [];
        expect(evidence.map(({ text }) => text).join('\n')).to.match(/queued in this order: \d+(?:, \d+){4}/);
        expect(`${printed?.stdout}${printed?.stderr}`).not.to.include('Command failed');
        expect(printed).not.to.equal(undefined);
      });
    });
  }
}
