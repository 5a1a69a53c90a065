import { expect } from 'chai';
import { diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { fixtureProgram } from '../fixture-program.js';
import { goTools } from '../hung-program.js';
import { expectNothing } from '../nothing-found.js';

const { signal } = new AbortController();

interface Expected {
  readonly functions: readonly string[];
  readonly says: RegExp;
}

const faulty: Readonly<Record<string, Expected>> = {
  unread: {
    functions: ['main.rows', 'main.rows', 'main.rows'],
    says: /wait in main\.rows \(\S+pipes\.go:\d+\) to write to io\.Pipes, whose reader has left without closing its end/,
  },
  unwritten: {
    functions: ['main.count'],
    says: /waits in main\.count \(\S+pipes\.go:\d+\) to read from an io\.Pipe, whose writer has left without closing its end/,
  },
  'net-unread': { functions: ['main.rows'], says: /to write to a net\.Pipe, whose reader has left/ },
  // A goroutine of os/exec copies what the command prints.
  'command-unread': { functions: ['io.Copy'], says: /to write to an io\.Pipe, whose reader has left/ },
};

const healthy = ['unread-fixed', 'unwritten-fixed', 'slow-reader-like', 'fed-by-request-like'];

for (const go of await goTools(signal)) {
  describe(`pipes of memory in cores of ${go.version}`, function () {
    this.timeout(180_000);
    const program = fixtureProgram({ go, fixture: 'pipes', flags: [], method: 'gcore' });

    for (const [name, expected] of Object.entries(faulty)) {
      it(`are told where their other end has left: ${name}`, async () => {
        const diagnosis = diagnosisSchema.parse(await program.diagnose(name));
        expect(diagnosis.verdict).to.equal('deadlock');
        const [finding, ...others] = diagnosis.findings;
        expect(others).to.deep.equal([]);
        expect(finding).to.include({ rule: 'abandoned-pipe', subtype: 'channel', certainty: 'proved' });
        const stacks = finding?.rootCause.goroutines.map(({ stack }) => stack.map((f) => f.function)) ?? [];
        const seen = stacks.map((stack) => expected.functions.find((fn) => stack.includes(fn)));
        expect(seen).to.deep.equal(expected.functions);
        expect(finding?.explanation).to.match(expected.says);
      });
    }

    for (const name of healthy) {
      it(`are not told where somebody may still come: ${name}`, async () => {
        expectNothing(await program.diagnose(name), name.endsWith('-like'));
      });
    }
  });
}
