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
  'net-greeting': {
    functions: ['main.netGreeting.func1', 'main.netGreeting.func1'],
    says: /to write to net\.Pipes, and each has the end that the other waits for/,
  },
  'net-listening': {
    functions: ['main.count', 'main.count'],
    says: /to read from net\.Pipes, and goroutine \d+, in main\.\S+ \(\S+pipes\.go:\d+\), which has the pipe at hand, is blocked itself/,
  },
  // A goroutine of os/exec copies what the command prints.
  'command-unread': { functions: ['io.Copy'], says: /to write to an io\.Pipe, whose reader has left/ },
};

/** What a command does is not in a core. */
const suspected: Readonly<Record<string, Expected>> = {
  'command-undrained': {
    functions: ['main.convert'],
    says: /waits for the end of a command in main\.convert \(\S+:\d+\) and has an output pipe .* that nobody reads/,
  },
  'command-in-turn': {
    functions: ['main.build'],
    says: /reads what a command prints in main\.build \(\S+:\d+\) and has an output pipe/,
  },
  'command-copied': {
    functions: ['main.titled'],
    says: /and goroutine \d+, which has a pipe of it at hand, is blocked itself in io\.\(\*pipe\)\.write/,
  },
  'command-unclosed': {
    functions: ['main.sorted'],
    says: /waits for the end of a command in main\.sorted .* and has its input pipe \(StdinPipe\), which nobody closes/,
  },
};

const healthy = [
  ...['unread-fixed', 'unwritten-fixed', 'slow-reader-like', 'fed-by-request-like'],
  ...['net-greeting-fixed', 'windows-fixed'],
  ...['command-undrained-fixed', 'command-served-like', 'body-like'],
];

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

    for (const [name, expected] of Object.entries(suspected)) {
      it(`are told where a command waits for nobody at their other end: ${name}`, async () => {
        const diagnosis = diagnosisSchema.parse(await program.diagnose(name));
        expect(diagnosis.verdict).to.equal('unknown');
        const [finding, ...others] = diagnosis.findings;
        expect(others).to.deep.equal([]);
        expect(finding).to.include({ rule: 'undrained-command', certainty: 'suspected' });
        const stacks = finding?.rootCause.goroutines.map(({ stack }) => stack.map((f) => f.function)) ?? [];
        expect(stacks).to.have.length(1);
        expect(stacks[0]).to.include(expected.functions[0]);
        expect(finding?.explanation).to.match(expected.says);
      });
    }

    it('are part of a knot where those at both ends wait for what they would send each other', async () => {
      const { verdict, findings } = await program.diagnose('windows');
      expect(verdict).to.equal('deadlock');
      expect(findings.map(({ rule, certainty }) => `${rule} ${certainty}`)).to.deep.equal([
        'channel-knot proved',
      ]);
      const stacks = findings[0]?.rootCause.goroutines.flatMap(({ stack }) => stack.map((f) => f.function));
      expect(stacks).to.include.members([
        'main.(*window).send',
        'main.(*window).receive',
        'main.(*window).deliver',
      ]);
    });

    it('leave the verdict open where only a table has their other end', async () => {
      const { verdict, findings, suspects = [] } = await program.diagnose('session-unread');
      expect({ verdict, findings }).to.deep.equal({ verdict: 'unknown', findings: [] });
      expect(suspects[0]?.text).to.match(/^io\.Pipe: .* in main\.rows .*no stack leads to the other end/);
    });

    for (const name of healthy) {
      it(`are not told where somebody may still come: ${name}`, async () => {
        expectNothing(await program.diagnose(name), name.endsWith('-like'));
      });
    }
  });
}
