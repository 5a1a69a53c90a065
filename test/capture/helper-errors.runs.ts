import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, readdir, stat, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { outcomeOf } from '../../lab/capture/helper/events.js';
import { LabError } from '../../lab/errors.js';
import { buildCaptured, type Captured, startCaptured, tracesOf } from '../captured-program.js';
import { runHelper, take, takingHelper } from '../taking-helper.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const isRoot = process.getuid?.() === 0;

describe('what keeps the helper from taking a core', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let program: Captured;
  before(async () => {
    folder = await tempFolder();
    program = await startCaptured(await buildCaptured(folder), folder, ['-resident=200']);
  });
  after(async () => {
    await program[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const core = (name: string, ...more: readonly string[]) => [
    ...['core', '--pid', String(program.pid), '--core', folder.file(name), ...more],
  ];

  /** There is no file, the process is as it was, and one thing to do is named. */
  async function expectFailure(
    run: { exitCode?: number | undefined; outcome: unknown; stderr: string },
    exitCode: number,
    code: string,
    name?: string,
  ): Promise<void> {
    expect(run.exitCode, run.stderr).to.equal(exitCode);
    expect(run.outcome, run.stderr).to.be.instanceOf(LabError);
    expect(run.outcome).to.include({ code });
    expect((run.outcome as LabError).hint, run.stderr).not.to.equal(undefined);
    if (name !== undefined) expect(await readdir(folder.path)).not.to.include(name);
    const { tracer, stopped, children, watched } = await tracesOf(program.pid);
    expect({ tracer, stopped, children, watched }).to.deep.equal({
      tracer: '0',
      stopped: [],
      children: [],
      watched: 0,
    });
  }

  it('is a command that it does not know', async () => {
    for (const args of [
      [],
      ['cores'],
      ['core'],
      ['core', '--pid=1'],
      core('x', '--snapshot=none'),
      core('x', 'y'),
    ]) {
      const { exitCode, stderr } = await runHelper(args);
      expect(exitCode, args.join(' ')).to.equal(64);
      expect(stderr).to.include('capture core --pid N --core FILE');
    }
    expect((await runHelper(core('x', '--max-pause=0s'))).exitCode).to.equal(64);
  });

  it('is a process that is not there', async () => {
    const args = ['core', '--pid=4194303', '--core', folder.file('gone')];
    await expectFailure(await runHelper(args), 69, 'target', 'gone');
  });

  it('is a process of another user', async function () {
    if (!isRoot) return this.skip();
    // Nobody may enter the folders where it lies.
    const helper = '/var/tmp/lab-test-capture';
    await copyFile(await takingHelper(), helper);
    await chmod(helper, 0o755);
    const asNobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
    const { exitCode, stderr } = await execa(
      asNobody[0] ?? '',
      [
        ...asNobody.slice(1),
        helper,
        'core',
        '--pid',
        String(program.pid),
        '--core',
        '/var/tmp/lab-test-core',
      ],
      { reject: false },
    );
    await execa('rm', ['-f', helper]);
    await expectFailure({ exitCode, stderr, outcome: outcomeOf(stderr) }, 69, 'missing-permission');
    expect(stderr).to.include('sudo');
  });

  it('is a program of another architecture', async () => {
    await using home = await tempFolder();
    const exe = await buildCaptured(home, { env: { GOARCH: '386', CGO_ENABLED: '0' } });
    await using other = await startCaptured(exe, home);
    const run = await runHelper(['core', '--pid', String(other.pid), '--core', home.file('core')]);
    expect(run.exitCode).to.equal(64);
    expect(run.outcome).to.include({ code: 'usage' });
    expect(run.stderr).to.include('EM_386');
  });

  it('is a file that is there already; an empty one is taken', async () => {
    await writeFile(folder.file('full'), 'text');
    await expectFailure(await runHelper(core('full')), 64, 'usage');
    await writeFile(folder.file('empty'), '');
    await take(program.pid, folder.file('empty'));
    expect((await stat(folder.file('empty'))).size).to.be.greaterThan(1e6);
    await expectFailure(await runHelper(core('none/core')), 64, 'usage');
  });

  for (const way of ['auto', 'read', 'fork']) {
    it(`is a limit of file sizes: ${way}`, async () => {
      const run = await runHelper(core('limited', `--snapshot=${way}`), ['prlimit', '--fsize=5000000']);
      await expectFailure(run, 69, 'no-space', 'limited');
    });

    it(`is a full disk: ${way}`, async function () {
      if (!isRoot) return this.skip();
      const disk = folder.file(`disk-${way}`);
      await mkdir(disk);
      await execa('mount', ['-t', 'tmpfs', '-o', 'size=20m', 'none', disk]);
      try {
        const run = await runHelper(core(`disk-${way}/core`, `--snapshot=${way}`));
        await expectFailure(run, 69, 'no-space');
        expect(await readdir(disk)).to.deep.equal([]);
      } finally {
        await execa('umount', [disk]);
      }
    });
  }

  it('is a pause that would be too long', async () => {
    const run = await runHelper(core('late', '--snapshot=read', '--max-pause=1ms'));
    await expectFailure(run, 2, 'undecided', 'late');
    const { ticks } = await program.pulse();
    await take(program.pid, folder.file('in-time'));
    expect((await program.pulse()).ticks).to.be.greaterThan(ticks);
  });

  it('is too little memory for a stream that may not fork', async () => {
    const run = await runHelper([
      ...['core', '--pid', String(program.pid), '--core=-', '--memory=1000000', '--snapshot=read'],
    ]);
    await expectFailure(run, 69, 'no-space');
  });

  it('is not too little memory for a file', async () => {
    const { snapshot } = await take(
      program.pid,
      folder.file('little'),
      '--memory=1000000',
      '--snapshot=read',
    );
    expect(snapshot).to.equal('read');
  });

  it('is a reader that goes away, or a full disk behind a stream', async () => {
    const args = ['core', '--pid', String(program.pid), '--core=-'];
    const child = spawn(await takingHelper(), args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let said = '';
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    child.stdout.once('data', () => child.stdout.destroy());
    const [exitCode] = await once(child, 'close');
    expect([exitCode, said.includes('"failed"')], said).to.deep.equal([130, true]);

    const full = await execa('sh', ['-c', `exec "$0" "$@" > /dev/full`, await takingHelper(), ...args], {
      reject: false,
    });
    await expectFailure({ ...full, outcome: outcomeOf(full.stderr) }, 69, 'no-space');
  });
});
