import { mkdir, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const script = join(projectRoot, 'vagrant/box/private-host/private-host');

describe('a private libvirt host', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  beforeEach(async () => {
    folder = await tempFolder();
    await mkdir(folder.file('disks'));
  });
  afterEach(async () => {
    await execa(script, ['stop', '--state', folder.file('state')], { reject: false });
    await folder[Symbol.asyncDispose]();
  });

  const host = (mode: string, args: readonly string[], command: readonly string[] = []) =>
    execa(script, [mode, ...args, ...(command.length === 0 ? [] : ['--', ...command])], {
      reject: false,
      stdin: 'ignore',
    });
  const run = (...command: string[]) => host('run', ['--folder', folder.file('disks')], command);
  const until = (condition: () => Promise<boolean>) =>
    poll(async () => ((await condition()) ? true : undefined), { signal, deadlineMs: 60_000, everyMs: 50 });

  /** Processes, of any namespace, whose command line or mounts name the test's folder. */
  async function inside(): Promise<readonly string[]> {
    const pids = (await readdir('/proc')).filter(
      (name) => /^\d+$/.test(name) && Number(name) !== process.pid,
    );
    const found = await Promise.all(
      pids.map(async (pid) => {
        const mounts = await readFile(`/proc/${pid}/mountinfo`, 'utf8').catch(() => '');
        return mounts.includes(folder.path) ? [pid] : [];
      }),
    );
    return found.flat();
  }

  async function expectNothingLeft(): Promise<void> {
    expect(await until(async () => (await inside()).length === 0)).to.equal(true);
    expect(await readdir(folder.file('disks'))).to.deep.equal([]);
  }

  before(async function () {
    const probe = await execa(script, ['run', '--', 'true'], { reject: false });
    if (probe.exitCode === 69 || probe.exitCode === undefined) this.skip(); // needs root and libvirt
  });

  it('runs a command beside a libvirt that answers, with its exit code, and leaves nothing', async () => {
    const hosts = await readFile('/etc/hosts', 'utf8');
    const { stdout, exitCode } = await run(
      'sh',
      '-c',
      'virsh -q -c qemu:///system list --all; ls /sys/class/net; echo 10.0.0.1 inside >> /etc/hosts; readlink /proc/self/ns/net; exit 7',
    );
    const [cards, network] = stdout.split('\n').filter((line) => line !== '');
    expect({ exitCode, cards }).to.deep.equal({ exitCode: 7, cards: 'lo' });
    expect(network).to.not.equal(await readlink('/proc/self/ns/net'));
    expect(await readFile('/etc/hosts', 'utf8')).to.equal(hosts);
    await expectNothingLeft();
  });

  it('ends what the command left behind', async () => {
    expect((await run('sh', '-c', 'sleep 1000 & setsid sleep 1001 & exit 0')).exitCode).to.equal(0);
    await expectNothingLeft();
  });

  for (const [name, code] of [
    ['SIGINT', 3],
    ['SIGTERM', 4],
  ] as const) {
    it(`hands ${name} to the command once and lets it end by itself`, async () => {
      await writeFile(folder.file('count'), '');
      const answer = `trap 'echo INT >> "$0"; exit 3' INT; trap 'echo TERM >> "$0"; exit 4' TERM; echo ready; while :; do sleep 0.05; done`;
      const child = run('sh', '-c', answer, folder.file('count'));
      await new Promise((resolve) => child.stdout.once('data', resolve));
      child.kill(name);
      expect((await child).exitCode).to.equal(code);
      expect(await readFile(folder.file('count'), 'utf8')).to.equal(`${name.slice(3)}\n`);
      await expectNothingLeft();
    });
  }

  for (const mode of ['run', 'enter']) {
    it(`lets a terminal's Ctrl-C reach the command of \`${mode}\` once`, async function () {
      await writeFile(folder.file('count'), '');
      const options = mode === 'run' ? ['--folder', folder.file('disks')] : ['--state', folder.file('state')];
      if (mode === 'enter') await host('start', [...options, '--folder', folder.file('disks')]);
      // It goes on for a while after the first, so that a second one would be counted.
      const slow = folder.file('slow.sh');
      await writeFile(
        slow,
        `trap 'echo INT >> ${folder.file('count')}; told=1' INT; echo ready; while [ -z "$told" ]; do sleep 0.05; done; sleep 1; exit 3\n`,
      );
      // `exec`: the shell of `script` would end by the signal itself, as dash does.
      const command = ['exec', script, mode, ...options, '--', 'sh', slow].join(' ');
      const child = execa('script', ['--quiet', '--return', '--command', command, '/dev/null'], {
        reject: false,
      });
      await new Promise((resolve) => child.stdout.once('data', resolve));
      child.stdin.write('\x03');
      const { exitCode, code, stdout } = await child;
      if (code === 'ENOENT') return this.skip(); // needs script, of util-linux
      expect(exitCode, stdout).to.equal(3);
      expect(await readFile(folder.file('count'), 'utf8')).to.equal('INT\n');
    });
  }

  it('ends everything inside when it is killed, and the next one removes its disks', async () => {
    const child = run('sh', '-c', 'echo ready; sleep 1000');
    await new Promise((resolve) => child.stdout.once('data', resolve));
    expect(await inside()).to.not.deep.equal([]);
    child.kill('SIGKILL');
    await child;
    expect(await until(async () => (await inside()).length === 0)).to.equal(true);
    expect((await run('true')).exitCode).to.equal(0);
    await expectNothingLeft();
  });

  it('can be kept, entered again and again, and stopped', async () => {
    const state = ['--state', folder.file('state')];
    expect((await host('status', state)).exitCode).to.equal(3);
    expect((await host('enter', state, ['true'])).exitCode).to.equal(69);
    const started = await host('start', [...state, '--folder', folder.file('disks')]);
    expect(started.exitCode, started.stderr).to.equal(0);
    expect((await host('start', [...state, '--folder', folder.file('disks')])).exitCode).to.equal(0);
    expect(await readdir(folder.file('disks'))).to.have.length(1);
    expect(
      (await host('enter', state, ['sh', '-c', 'echo 10.0.0.1 kept >> /etc/hosts; exit 9'])).exitCode,
    ).to.equal(9);
    expect((await host('enter', state, ['getent', 'hosts', 'kept'])).stdout).to.match(/^10\.0\.0\.1\s+kept/);

    const entered = host('enter', state, [
      'sh',
      '-c',
      "trap 'exit 4' TERM; echo ready; while :; do sleep 0.05; done",
    ]);
    await new Promise((resolve) => entered.stdout.once('data', resolve));
    entered.kill('SIGTERM');
    expect((await entered).exitCode).to.equal(4);

    expect((await host('stop', state)).exitCode).to.equal(0);
    expect((await host('status', state)).exitCode).to.equal(3);
    expect((await host('stop', state)).exitCode).to.equal(0);
    await expectNothingLeft();
  });
});
