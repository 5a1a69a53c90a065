import { expect } from 'chai';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { fixtureProgram } from '../fixture-program.js';
import { goTools } from '../hung-program.js';

const { signal } = new AbortController();

interface Expected {
  readonly subtype: string;
  readonly functions: readonly string[];
  readonly names: readonly string[];
  readonly victims: number;
  readonly says: RegExp;
}

const faulty: Readonly<Record<string, Expected>> = {
  atomic: {
    ...{ subtype: 'busy-wait', functions: ['main.(*cache).get'], names: ['main.cache.mu'], victims: 6 },
    says: /waits for another value of main\.cache\.ready.* It would be changed in main\.\(\*cache\)\.load \(\S+faulty\.go:\d+\), ahead of goroutine \d+, which is behind it/s,
  },
  select: {
    ...{ subtype: 'busy-wait', functions: ['main.(*hub).deliver'], names: ['main.hub.events'], victims: 5 },
    says: /asks a channel over and over/,
  },
  'try-lock': {
    ...{
      subtype: 'try-lock',
      functions: ['main.transfer', 'main.transfer'],
      names: ['main.account.mu'],
      victims: 3,
    },
    says: /tries to lock main\.account\.mu/,
  },
};

const healthy = ['polled-jobs', 'about-to', 'hashing', 'nobody', 'raising'];

for (const go of await goTools(signal)) {
  describe(`programs of ${go.version} that take all processor time`, function () {
    this.timeout(180_000);
    const program = fixtureProgram({ go, fixture: 'spins', flags: [], method: 'gcore' });

    for (const [name, expected] of Object.entries(faulty)) {
      it(`are suspected where others wait behind a loop that nobody ends: ${name}`, async () => {
        const { verdict, findings, groups } = diagnosisSchema.parse(await program.diagnose(name));
        expect(verdict).to.equal('unknown');
        expect(findings.map(({ rule }) => rule)).to.deep.equal(['busy-wait']);
        const [finding] = findings;
        expect(finding).to.include({ class: 'livelock', subtype: expected.subtype, certainty: 'suspected' });
        const places = finding?.rootCause.goroutines.map(({ stack }) =>
          expected.functions.find((wanted) => stack.some((frame) => frame.function === wanted)),
        );
        expect(places).to.deep.equal(expected.functions);
        expect(finding?.rootCause.resources.map((one) => one.name)).to.deep.equal(expected.names);
        expect(finding?.victims.goroutines).to.equal(expected.victims);
        expect(finding?.explanation).to.match(expected.says);
        const spinning = groups.filter(({ outlook }) => outlook === 'spinning');
        expect(spinning.reduce((sum, { count }) => sum + count, 0)).to.equal(expected.functions.length);
        expect(spinning.every(({ spins }) => spins !== undefined)).to.equal(true);
      });
    }

    for (const name of healthy) {
      it(`are not suspected where they work, are served, or nobody waits: ${name}`, async () => {
        const { verdict, findings } = await program.diagnose(name);
        expect({ verdict, findings }).to.deep.equal({ verdict: 'none', findings: [] });
      });
    }
  });
}
