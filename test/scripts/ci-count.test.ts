import { execFile, spawnSync } from 'node:child_process';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { projectRoot } from '../../lab/paths.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

/** What a run of a tier does, in the order of the runs. */
interface Run {
  readonly code: number;
  readonly counts?: { readonly passed: number; readonly failed: number };
  readonly failures?: readonly { readonly file: string; readonly title: string; readonly error: string }[];
}

// In place of npm: the n-th call does what the plan has as its n-th, and writes down how it was called.
const npm = `#!${process.execPath}
const { appendFileSync, readFileSync, writeFileSync } = require('node:fs');
const { LAB_TEST_SUMMARY, LAB_TEST_FAILURES, FOLDER } = process.env;
appendFileSync(FOLDER + '/calls', process.argv.slice(2).join(' ') + '\\n');
const nth = readFileSync(FOLDER + '/calls', 'utf8').trim().split('\\n').length - 1;
const { code, counts, failures = [] } = JSON.parse(readFileSync(FOLDER + '/plan', 'utf8'))[nth];
if (counts) writeFileSync(LAB_TEST_SUMMARY, JSON.stringify(counts));
for (const one of failures) appendFileSync(LAB_TEST_FAILURES, JSON.stringify(one) + '\\n');
process.exit(code);
`;

const failure = (file: string) => ({
  file,
  title: `something of ${file}`,
  error: 'Error: 1 is not 2\n  at x',
});

describe('what CI counts', () => {
  let folder: TempFolder;
  before(function () {
    if (spawnSync('jq', ['--version']).error !== undefined) this.skip(); // needs jq
  });
  beforeEach(async () => {
    folder = await tempFolder();
    await mkdir(folder.file('bin'));
    await writeFile(folder.file('bin/npm'), npm);
    await chmod(folder.file('bin/npm'), 0o755);
  });
  afterEach(async () => await folder?.[Symbol.asyncDispose]());

  /** Runs the lines of a script with the counting of .ci/run, each call of npm as planned. */
  const run = async (lines: string, plan: readonly Run[]) => {
    await writeFile(folder.file('plan'), JSON.stringify(plan));
    await writeFile(folder.file('calls'), '');
    const script = `set -uo pipefail; source ${join(projectRoot, '.ci/count.sh')}\n${lines}\nended`;
    const env = {
      ...process.env,
      PATH: `${folder.file('bin')}:${process.env['PATH'] ?? ''}`,
      FOLDER: folder.path,
    };
    const { code, stdout } = await new Promise<{ code: number; stdout: string }>((resolve) => {
      const child = execFile('bash', ['-c', script], { env }, (_error, text) =>
        resolve({ code: child.exitCode ?? -1, stdout: text }),
      );
    });
    const calls = (await readFile(folder.file('calls'), 'utf8')).trim().split('\n');
    return { code, stdout, calls };
  };
  const last = (stdout: string) => stdout.trim().split('\n').at(-1);

  it('is added up over tiers', async () => {
    const { code, stdout } = await run('counted 1m npm test; counted 1m npm run test:cores', [
      { code: 0, counts: { passed: 2, failed: 0 } },
      { code: 0, counts: { passed: 3, failed: 0 } },
    ]);
    expect({ code, last: last(stdout) }).to.deep.equal({ code: 0, last: '5 passed, 0 failed' });
  });

  it('has a file that failed run again by itself, and tells of it as unsteady', async () => {
    const { code, stdout, calls } = await run('counted 1m env A=b npm run test:runs -- dist/c.js dist/d.js', [
      { code: 1, counts: { passed: 2, failed: 1 }, failures: [failure('dist/d.js')] },
      { code: 0, counts: { passed: 1, failed: 0 } },
    ]);
    expect(calls).to.deep.equal(['run test:runs -- dist/c.js dist/d.js', 'run test:runs -- dist/d.js']);
    expect(stdout).to.match(
      /Unsteady.*\n\nsomething of dist\/d\.js\n {2}dist\/d\.js\n {2}Error: 1 is not 2\n/,
    );
    expect({ code, last: last(stdout) }).to.deep.equal({ code: 0, last: '3 passed, 0 failed' });
  });

  it('fails with what fails twice, and says at the end what that was', async () => {
    const failed = { code: 1, counts: { passed: 2, failed: 1 }, failures: [failure('dist/d.js')] };
    const { code, stdout } = await run('counted 1m npm test', [failed, failed]);
    expect(stdout).to.match(/\nFailed\n\nsomething of dist\/d\.js\n/);
    expect({ code, last: last(stdout) }).to.deep.equal({ code: 1, last: '2 passed, 1 failed' });
  });

  it('fails at once when many files fail, a test of Go does, or a tier ends without a count', async () => {
    const many = ['a', 'b', 'c', 'd'].map((name) => failure(`dist/${name}.js`));
    for (const one of [
      { code: 1, counts: { passed: 0, failed: 4 }, failures: many },
      { code: 1, counts: { passed: 1, failed: 1 }, failures: [failure('')] },
      { code: 137 },
      { code: 0 },
    ]) {
      const { code, stdout, calls } = await run('counted 1m npm test', [one]);
      expect(calls).to.have.length(1);
      expect(code, stdout).to.equal(1);
      expect(stdout).to.include('\nFailed\n');
      expect(last(stdout)).to.equal(`${one.counts?.passed ?? 0} passed, ${one.counts?.failed ?? 1} failed`);
    }
  });

  it('counts a command without tests as one', async () => {
    const ends = [await run('judged 1m true', []), await run('judged 1m false', [])];
    expect(ends.map(({ code, stdout }) => [code, last(stdout)])).to.deep.equal([
      [0, '1 passed, 0 failed'],
      [1, '0 passed, 1 failed'],
    ]);
  });
});
