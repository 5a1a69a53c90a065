import { randomBytes } from 'node:crypto';
import { readdir, utimes, writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { execa } from 'execa';
import { sshTarget } from '../../../lab/targets/ssh/target.js';
import type { Target } from '../../../lab/targets/target.js';
import { rejectsWith } from '../../rejects.js';
import { noSshd, type Sshd, startSshd } from '../../sshd.js';
import { type TempFolder, tempFolder } from '../../temp-folder.js';
import { keepsTheContract } from '../contract.js';

const { signal } = new AbortController();

describe('the SSH target, with a real sshd', function () {
  this.timeout(60_000);
  let sshd: Sshd;
  let work: TempFolder;
  let target: Target;

  const options = () => ({
    host: sshd.host,
    port: sshd.port,
    user: sshd.user,
    identityFile: sshd.identityFile,
    knownHostsFiles: [sshd.knownHosts],
    workFolder: work.path,
  });

  before(async function () {
    if (noSshd !== undefined) {
      console.log(`      skipped: ${noSshd}`);
      this.skip();
    }
    work = await tempFolder();
    sshd = await startSshd();
    target = await sshTarget({ ...options(), config: 'none' }, signal);
  });

  after(async () => {
    await target?.[Symbol.asyncDispose]();
    await sshd?.stop();
    await work?.[Symbol.asyncDispose]();
  });

  keepsTheContract(() => target);

  it('is known by a file of hashed names', async () => {
    await using folder = await tempFolder();
    await execa('cp', [sshd.knownHosts, folder.file('hashed')]);
    await execa('ssh-keygen', ['-H', '-f', folder.file('hashed')]);
    await using other = await sshTarget({ ...options(), knownHostsFiles: [folder.file('hashed')] }, signal);
    expect((await other.exec(['echo', 'in'], { signal })).stdout).to.equal('in\n');
  });

  it('is reached through a jump host that the configuration names', async () => {
    await using folder = await tempFolder();
    const lines = [
      [
        'Host *',
        `IdentityFile ${sshd.identityFile}`,
        `UserKnownHostsFile ${sshd.knownHosts}`,
        'IdentitiesOnly yes',
      ],
      [`User ${sshd.user}`, `Port ${sshd.port}`],
      ['Host bastion', 'HostName 127.0.0.1'],
      ['Host inner', 'HostName 127.0.0.1', 'ProxyJump bastion'],
    ];
    // ssh takes the first value it finds, so what holds for all stands last.
    const text = [...lines.slice(2), ...lines.slice(0, 2)].flat().join('\n');
    await writeFile(folder.file('config'), `${text}\n`);
    const named = { host: 'inner', config: folder.file('config'), workFolder: work.path };
    await using inner = await sshTarget(named, signal);
    expect((await inner.exec(['echo', 'in'], { signal })).stdout).to.equal('in\n');
    expect(inner.name).to.equal('inner');
  });

  it('runs more commands at once than a connection has sessions', async () => {
    const numbers = Array.from({ length: 24 }, (_, index) => String(index));
    const results = await Promise.all(numbers.map((word) => target.exec(['echo', word], { signal })));
    expect(results.map(({ stdout }) => stdout.trim())).to.deep.equal(numbers);
  });

  it('names a full disk', async function () {
    if (process.getuid?.() !== 0) this.skip();
    await using small = await tempFolder();
    await using folder = await tempFolder();
    await writeFile(folder.file('big'), randomBytes(3 << 20));
    const mounted = await execa('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', small.path], {
      reject: false,
    });
    if (mounted.exitCode !== 0) this.skip();
    try {
      const error = await rejectsWith(
        'no-space',
        target.upload(folder.file('big'), small.file('big'), signal),
      );
      expect(error.message).to.contain('No space left');
      expect(await readdir(small.path)).to.deep.equal([]);
    } finally {
      await execa('umount', [small.path]);
    }
  });

  it('keeps nothing of processes whose end was read, nor of those that nobody asked about', async () => {
    await using folder = await tempFolder();
    const own = { ...options(), config: 'none', workFolder: folder.path };
    const exits = folder.file('exits');
    {
      await using other = await sshTarget(own, signal);
      const process = await other.start(['sh', '-c', 'exit 3'], { signal, logFile: folder.file('log') });
      expect(await process.exited).to.deep.equal({ kind: 'exited', exitCode: 3 });
      expect(await readdir(exits)).to.have.length(1);
    }
    expect(await readdir(exits)).to.deep.equal([]);

    const names = ['7-100', '8-100', '0123456789abcdef01'];
    for (const name of names) await writeFile(`${exits}/${name}`, '0 -\n');
    const twoHoursAgo = Date.now() / 1_000 - 7_200;
    for (const name of ['7-100', '0123456789abcdef01'])
      await utimes(`${exits}/${name}`, twoHoursAgo, twoHoursAgo);
    await using _again = await sshTarget(own, signal);
    // The last one is how a process that runs is known to its keeper.
    expect(await readdir(exits)).to.have.members(['8-100', '0123456789abcdef01']);
  });

  it('reads no file by commands', async () => {
    const { signal: own } = new AbortController();
    const before = (await sshd.log()).length;
    for (let turn = 0; turn < 50; turn++) await target.readFile('/proc/self/stat', own);
    expect((await sshd.log()).slice(before)).not.to.contain('Starting session');
  });

  it('explains a server that lets nobody in', async () => {
    await using folder = await tempFolder();
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', folder.file('other')]);
    const wrong = { ...options(), identityFile: folder.file('other'), config: 'none' };
    const error = await rejectsWith('target', sshTarget(wrong, signal));
    expect(error.details).to.include({ reason: 'authentication' });
    expect(error.message).to.contain(folder.file('other')).and.to.contain('publickey');
  });
});

describe('an sshd that forwards nothing', function () {
  this.timeout(60_000);
  it('is named when a port is to be reached', async function () {
    if (noSshd !== undefined) this.skip();
    await using work = await tempFolder();
    await using sshd = await startSshd(['AllowTcpForwarding no']);
    const { host, port, user, identityFile } = sshd;
    const knownHostsFiles = [sshd.knownHosts];
    const options = { host, port, user, identityFile, knownHostsFiles, workFolder: work.path };
    await using target = await sshTarget({ ...options, config: 'none' }, signal);
    const error = await rejectsWith('target', target.reach(1, signal));
    expect(error.hint).to.contain('AllowTcpForwarding');
  });
});
