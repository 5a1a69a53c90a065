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
  /** Where its goroutines ask, and what its explanation tells. */
  readonly told: readonly RegExp[];
}

const faulty: Readonly<Record<string, Expected>> = {
  nested: {
    ...{ rule: 'pool-exhausted-by-waiters', root: 2, victims: 3 },
    told: [
      /All 2 resources of puddle\.Pool/,
      /a puddle\.Resource taken at \S+printers\.go:\d+ in main\.\(\*office\)\.letter/,
      /Release gives back/,
    ],
  },
  'nested-twice': {
    ...{ rule: 'pool-exhausted-by-waiters', root: 2, victims: 3 },
    told: [/a puddle\.Resource taken at \S+printers\.go:\d+ in main\.\(\*office\)\.letter/],
  },
  lost: {
    ...{ rule: 'leaked-connection', root: 3, victims: 0 },
    told: [/all 2 resources of puddle\.Pool were taken and never given back/],
  },
  'first-nested': {
    ...{ rule: 'pool-exhausted-by-waiters', root: 2, victims: 3 },
    told: [
      /All 2 resources of puddle\.Pool/,
      /a puddle\.Resource at \S+first\.go:\d+ in main\.\(\*library\)\.compare/,
    ],
  },
  'first-may-give-up': {
    // Each has a goroutine of its own that waits for it.
    ...{ rule: 'pool-exhausted-by-waiters', root: 2, victims: 2 },
    told: [/All 2 resources of puddle\.Pool/],
  },
  'first-lost': {
    ...{ rule: 'leaked-connection', root: 3, victims: 0 },
    told: [/all 2 resources of puddle\.Pool were taken and never given back/],
  },
};

/** Someone alive gives back, sooner or later. */
const healthy = [
  'asleep',
  'in-sessions',
  'on-their-way',
  'handed-on',
  'slowly-made',
  'first-asleep',
  'first-one-is-awake',
];

for (const { go, flags } of twoBuilds(gos)) {
  describe(`pools of puddle, built by ${go.version} ${flags.join(' ')}`, function () {
    this.timeout(120_000);
    const program = fixtureProgram({ go, fixture: 'puddle', flags, method: 'gcore' });
    const names = [...Object.keys(faulty), 'crossed-with-lock', ...healthy, 'with-deadline'];
    const diagnosed = diagnosedSideBySide(program, names);
    const resultOf = async (name: string): Promise<Diagnosis> => await diagnosed(name);

    for (const [name, expected] of Object.entries(faulty)) {
      it(`tells who has what in ${name}`, async () => {
        const { verdict, findings } = await resultOf(name);
        const [finding] = findings;
        expect(finding).to.include({ rule: expected.rule, class: 'communication', subtype: 'channel' });
        expect(finding).to.satisfy(isSure);
        for (const text of expected.told) expect(finding?.explanation).to.match(text);
        expect(finding?.rootCause.goroutines).to.have.length(expected.root);
        expect(finding?.victims.goroutines).to.equal(expected.victims);
        expect(findings).to.have.length(1);
        expect(verdict).to.equal('deadlock');
      });
    }

    it('tells a pool and a lock that are taken in opposite order', async () => {
      const { verdict, findings } = await resultOf('crossed-with-lock');
      const [finding] = findings;
      expect(finding).to.include({ rule: 'channel-lock', class: 'mixed', subtype: 'channel-lock' });
      expect(finding).to.satisfy(isSure);
      expect(finding?.rootCause.goroutines).to.have.length(3);
      expect(verdict).to.equal('deadlock');
    });

    for (const name of healthy) {
      it(`finds nothing in ${name}`, async () => {
        const { verdict, findings } = await resultOf(name);
        expect(findings).to.deep.equal([]);
        expect(verdict).not.to.equal('deadlock');
      });
    }

    it('suspects at most what ends by a deadline', async () => {
      const { verdict, findings } = await resultOf('with-deadline');
      expect(findings.filter(({ certainty }) => certainty !== 'suspected')).to.deep.equal([]);
      expect(verdict).not.to.equal('deadlock');
    });
  });
}
