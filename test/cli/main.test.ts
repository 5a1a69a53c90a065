import { expect } from 'chai';
import { analyzeExitCode } from '../../lab/cli/commands/analyze.js';
import { parseSourceMap } from '../../lab/cli/source-options.js';
import { lab } from '../lab-process.js';
import { refusedArguments } from '../robustness/refused-arguments.js';
import { tempFolder } from '../temp-folder.js';

describe('the command line', function () {
  this.timeout(30_000);

  for (const { input, args, exit, says } of refusedArguments) {
    it(`refuses ${input}, with a way out`, async () => {
      const { exitCode, stderr, stdout } = await lab(args);
      expect(exitCode).to.equal(exit);
      expect(stderr)
        .to.match(says)
        .and.match(/^ {2}do: /m);
      expect(stdout).to.equal('');
    });
  }

  it('prints an error as one document with --json', async () => {
    const { exitCode, stdout } = await lab(['run', 'nope', '--json']);
    expect(exitCode).to.equal(64);
    expect(JSON.parse(stdout)).to.deep.include({ exitCode: 64 });
  });

  it('lists scenarios and runs as arrays with --json', async () => {
    await using folder = await tempFolder();
    const listed = await lab(['scenarios', '--json']);
    const [blog] = JSON.parse(listed.stdout);
    expect(blog).to.include.all.keys('name', 'title', 'class', 'subtype');
    const runs = await lab(['runs', '--json'], { LAB_RUNS: folder.path });
    expect(JSON.parse(runs.stdout)).to.deep.equal([]);
  });

  it('does not remove runs unasked where there is nobody to ask', async () => {
    await using folder = await tempFolder();
    const env = { LAB_RUNS: folder.path };
    expect((await lab(['clean'], env)).exitCode).to.equal(0);
    expect((await lab(['provision'], env)).exitCode).to.equal(0);
    const refused = await lab(['clean'], env);
    expect(refused.exitCode).to.equal(64);
    expect(refused.stderr).to.contain('--yes');
    expect((await lab(['clean', '--yes'], env)).exitCode).to.equal(0);
    expect(JSON.parse((await lab(['runs', '--json'], env)).stdout)).to.deep.equal([]);
  });
});

describe('lab analyze', () => {
  it('exits 0 without a deadlock, 1 with one, 2 when undecided', () => {
    expect(analyzeExitCode({ verdict: 'none' })).to.equal(0);
    expect(analyzeExitCode({ verdict: 'deadlock' })).to.equal(1);
    expect(analyzeExitCode({ verdict: 'unknown' })).to.equal(2);
  });

  it('divides a source map at its first =', () => {
    expect(parseSourceMap('/build/app=/src/a=b')).to.deep.equal({ from: '/build/app', to: '/src/a=b' });
  });
});
