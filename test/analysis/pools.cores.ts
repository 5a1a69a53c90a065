import { expect } from 'chai';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { diagnosedSideBySide, fixtureProgram, twoBuilds } from '../fixture-program.js';
import { goTools } from '../hung-program.js';
import { isSure } from '../sure.js';

const { signal } = new AbortController();
const gos = await goTools(signal);

interface Expected {
  readonly rule: string;
  /** Goroutines of the root cause and behind it. */
  readonly root: number;
  readonly victims: number;
  readonly watchers?: number;
  /** Where its goroutines ask, and what its explanation tells. */
  readonly told: readonly RegExp[];
}

const faulty: Readonly<Record<string, Expected>> = {
  'nested-rows': {
    ...{ rule: 'pool-exhausted-by-waiters', root: 2, victims: 3 },
    told: [/All 2 connections of sql\.DB/, /a sql\.Rows /, /Close gives back/],
  },
  'nested-transaction': {
    ...{ rule: 'pool-exhausted-by-waiters', root: 2, victims: 3 },
    // The library's own watcher of each transaction, where memory tells that nobody else ends it.
    watchers: 2,
    told: [
      /a sql\.Tx taken at \S+database\.go:\d+ in main\.\(\*shop\)\.buy/,
      /Commit or Rollback gives back/,
    ],
  },
  'never-closed': {
    ...{ rule: 'leaked-connection', root: 3, victims: 0 },
    told: [/all 2 connections of sql\.DB were taken and never given back/],
  },
  'nested-permit': {
    ...{ rule: 'pool-exhausted-by-waiters', root: 2, victims: 3 },
    told: [
      /All 2 permits of main\.studio\.slots/,
      /a permit taken at \S+semaphore\.go:\d+ in main\.\(\*studio\)\.page/,
    ],
  },
  'lost-permit': {
    ...{ rule: 'leaked-permit', root: 3, victims: 0 },
    told: [
      /main\.\(\*studio\)\.draft takes one at line \d+ and can return at \S+semaphore\.go:\d+ without Release/,
    ],
  },
};

/** Someone alive gives back, sooner or later. */
const healthy = [
  'rows-asleep',
  'rows-in-sessions',
  'rows-on-their-way',
  'rows-end-by-context',
  'rows-behind-reply',
  'permit-for-each',
  'permits-in-the-end',
  'permit-handed-on',
  'permit-behind-work',
  'permit-by-others',
];
/** They wait for themselves until their deadline comes. */
const bounded = ['rows-with-deadline', 'permit-with-deadline'];

interface Slow {
  readonly waiting: number;
  readonly doing: string;
  readonly resource: string;
  readonly remote?: boolean;
}

const slow: Readonly<Record<string, Slow>> = {
  'reading-holder': { waiting: 5, doing: 'reading', resource: 'main.cache.mu', remote: true },
  'asking-holder': { waiting: 4, doing: 'waiting for an answer', resource: 'main.rates.mu', remote: true },
  'sleeping-holder': { waiting: 2, doing: 'sleeping', resource: 'main.mu' },
};

for (const { go, flags } of twoBuilds(gos)) {
  describe(`pools of few, built by ${go.version} ${flags.join(' ')}`, function () {
    this.timeout(120_000);
    const program = fixtureProgram({ go, fixture: 'pools', flags, method: 'gcore' });
    const names = [...Object.keys(faulty), 'own-struct', ...healthy, ...bounded, ...Object.keys(slow)];
    const diagnosed = diagnosedSideBySide(program, names);
    const resultOf = async (name: string): Promise<Diagnosis> => await diagnosed(name);

    for (const [name, expected] of Object.entries(faulty)) {
      it(`tells who has what in ${name}`, async () => {
        const { verdict, findings } = await resultOf(name);
        expect(verdict).to.equal('deadlock');
        const [finding] = findings;
        expect(finding).to.include({ rule: expected.rule, class: 'communication', subtype: 'channel' });
        expect(finding).to.satisfy(isSure);
        for (const text of expected.told) expect(finding?.explanation).to.match(text);
        expect(finding?.rootCause.goroutines).to.have.length(expected.root);
        const { victims, watchers = 0 } = expected;
        expect(finding?.victims.goroutines).to.be.oneOf([victims, victims + watchers]);
      });
    }

    it('tells who has rows in a struct of its own', async () => {
      const { verdict, findings } = await resultOf('own-struct');
      // Such a struct is passed on: a pointer that is left of it on another stack makes this no more than a suspicion.
      expect(verdict).not.to.equal('none');
      expect(findings[0]?.rule).to.equal('pool-exhausted-by-waiters');
      expect(findings[0]?.explanation).to.match(/a sql\.Rows at \S+database\.go:\d+ in main\./);
    });

    for (const name of healthy) {
      it(`finds nothing in ${name}`, async () => {
        const { verdict, findings } = await resultOf(name);
        expect(findings).to.deep.equal([]);
        expect(verdict).not.to.equal('deadlock');
      });
    }

    for (const name of bounded) {
      it(`suspects at most in ${name}`, async () => {
        const { verdict, findings } = await resultOf(name);
        expect(findings.filter(({ certainty }) => certainty !== 'suspected')).to.deep.equal([]);
        expect(verdict).not.to.equal('deadlock');
      });
    }

    for (const [name, expected] of Object.entries(slow)) {
      it(`tells who waits behind what is slow in ${name}`, async () => {
        const { verdict, findings, slow: told = [] } = await resultOf(name);
        expect(findings).to.deep.equal([]);
        expect(verdict).not.to.equal('deadlock');
        expect(told).to.have.length(1);
        const [one] = told;
        expect(one).to.include({ waiting: expected.waiting, doing: expected.doing });
        expect(one?.resources).to.deep.equal([expected.resource]);
        if (expected.remote === true) expect(one?.remote).to.match(/^127\.0\.0\.1:\d+$/);
        else expect(one?.remote).to.equal(undefined);
      });
    }
  });
}
