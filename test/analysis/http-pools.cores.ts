import { expect } from 'chai';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { diagnosedSideBySide, fixtureProgram, twoBuilds } from '../fixture-program.js';
import { goTools } from '../hung-program.js';
import { isSure } from '../sure.js';

const { signal } = new AbortController();
const gos = await goTools(signal);

interface Expected {
  readonly rule: string;
  readonly root: number;
  readonly victims: number;
  readonly told: readonly RegExp[];
}

const faulty: Readonly<Record<string, Expected>> = {
  nested: {
    ...{ rule: 'pool-exhausted-by-waiters', root: 2, victims: 3 },
    told: [
      /All 2 connections of http\.Transport/,
      /a http\.Response taken at \S+catalog\.go:\d+ in main\.\(\*catalog\)\.follow/,
      /Body\.Close gives back/,
      /MaxConnsPerHost, for 127\.0\.0\.1:\d+/,
    ],
  },
  'never-closed': {
    ...{ rule: 'leaked-connection', root: 3, victims: 0 },
    told: [/all 2 connections of http\.Transport were taken and never given back/],
  },
};

/** Someone alive gives back, sooner or later. */
const healthy = ['slow-server', 'slow-reader', 'kept-open', 'own-client', 'answers-timeout'];

for (const { go, flags } of twoBuilds(gos)) {
  describe(`clients of few connections, built by ${go.version} ${flags.join(' ')}`, function () {
    this.timeout(120_000);
    const program = fixtureProgram({ go, fixture: 'clients', flags, method: 'gcore' });
    const names = [...Object.keys(faulty), ...healthy, 'with-timeout'];
    const diagnosed = diagnosedSideBySide(program, names);
    const resultOf = async (name: string): Promise<Diagnosis> => await diagnosed(name);
    for (const [name, expected] of Object.entries(faulty)) {
      it(`tells who has what in ${name}`, async () => {
        const { findings } = await resultOf(name);
        const [finding, ...others] = findings;
        expect(others).to.deep.equal([]);
        if (name === 'never-closed') expect(finding).to.satisfy(isSure);
        expect(finding).to.include({ rule: expected.rule, class: 'communication', subtype: 'channel' });
        for (const text of expected.told) expect(finding?.explanation).to.match(text);
        expect(finding?.rootCause.goroutines).to.have.length(expected.root);
        expect(finding?.victims.goroutines).to.equal(expected.victims);
      });
    }

    for (const name of healthy) {
      it(`finds nothing in ${name}`, async () => {
        const { verdict, findings } = await resultOf(name);
        expect(findings).to.deep.equal([]);
        expect(verdict).not.to.equal('deadlock');
      });
    }

    it('suspects at most what ends by a timeout', async () => {
      const { verdict, findings } = await resultOf('with-timeout');
      expect(findings.filter(({ certainty }) => certainty !== 'suspected')).to.deep.equal([]);
      expect(verdict).not.to.equal('deadlock');
    });
  });
}
