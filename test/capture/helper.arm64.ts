import { expect } from 'chai';
import { execa } from 'execa';
import { outcomeOf } from '../../lab/capture/helper/events.js';
import { LabError } from '../../lab/errors.js';
import { captureFolder, ensureCaptureHelper } from '../../lab/toolchain/capture-helper.js';
import { goBuildEnv } from '../go-build-env.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const emulator = 'qemu-aarch64-static';

/** Nothing can be held here: the emulator has no ptrace(2), and programs that it runs are the emulator to everybody else. */
describe('the helper that takes cores, built for arm64', function () {
  this.timeout(300_000);

  it('begins, and lists processes', async () => {
    const { path, version } = await ensureCaptureHelper({ architecture: 'arm64' }, signal);
    const said = await execa(emulator, [path, 'version']);
    expect(said.stdout).to.include(version).and.include('linux/arm64');
    const { stdout } = await execa(emulator, [path, 'list']);
    const pids = stdout.split('\n').map((line) => (JSON.parse(line) as { pid: number }).pid);
    expect(pids).to.include(process.pid);
  });

  it('refuses a program of another architecture', async () => {
    const { path } = await ensureCaptureHelper({ architecture: 'arm64' }, signal);
    await using folder = await tempFolder();
    const args = [path, 'core', '--pid', String(process.pid), '--core', folder.file('core')];
    const { exitCode, stderr } = await execa(emulator, args, { reject: false });
    const outcome = outcomeOf(stderr);
    expect(exitCode, stderr).to.equal(64);
    expect(outcome).to.be.instanceOf(LabError).and.include({ code: 'usage' });
    expect(stderr).to.include('EM_X86_64').and.include('EM_AARCH64');
  });

  for (const name of ['elfcore', 'pages', 'process']) {
    it(`passes its Go tests: ${name}`, async () => {
      await using folder = await tempFolder();
      const test = folder.file('test');
      const env = { ...goBuildEnv, GOARCH: 'arm64', CGO_ENABLED: '0' };
      const cwd = `${captureFolder}/internal/${name}`;
      await execa('go', ['test', '-c', '-o', test, '.'], { cwd, env });
      const { stdout } = await execa(emulator, [test, '-test.v'], { cwd });
      expect(stdout).to.match(/^PASS$/m);
    });
  }
});
