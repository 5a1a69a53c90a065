import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Socket } from 'node:net';
import { expect } from 'chai';
import { sshTarget } from '../../../lab/targets/ssh/target.js';
import { rejectsWith } from '../../rejects.js';
import { startSshServer } from '../../ssh-server.js';
import { tempFolder } from '../../temp-folder.js';
import { goneSoon, keepsTheContract, pidIn } from '../contract.js';
import { type Rig, rig } from './rig.js';

const { signal } = new AbortController();

describe('the SSH target, with a server that has no SFTP', function () {
  this.timeout(60_000);
  let made: Rig;

  before(async () => {
    made = await rig();
  });
  after(() => made[Symbol.asyncDispose]());

  keepsTheContract(() => made.target);
});

describe('a connection that is cut', function () {
  this.timeout(60_000);

  it('ends the command that ran, children included, and says that it was lost', async () => {
    await using made = await rig();
    const script = 'sleep 300 & echo $! > "$1"; wait';
    const work = made.target.exec(['sh', '-c', script, 'sh', made.file('pid')], { signal });
    const pid = await pidIn(made.file('pid'));
    made.server.cut();
    const error = await rejectsWith('target', work);
    expect(error.details).to.include({ reason: 'lost' });
    expect(await goneSoon(pid)).to.equal(true);
    expect((await made.target.exec(['echo', 'again'], { signal })).stdout).to.equal('again\n');
    expect(made.server.connections()).to.equal(2);
  });

  it('begins a command again that had not begun, and runs it once', async () => {
    let cuts = 0;
    const cutOnce = (command: string): 'run' | 'ignore' => {
      if (!command.includes('counted') || ++cuts > 1) return 'run';
      setImmediate(() => made.server.cut());
      return 'ignore';
    };
    await using made = await rig({ onCommand: cutOnce });
    const script = 'echo once >> "$1"';
    await made.target.exec(['sh', '-c', script, 'counted', made.file('runs')], { signal });
    expect(await readFile(made.file('runs'), 'utf8')).to.equal('once\n');
    expect(made.server.connections()).to.equal(2);
  });

  it('leaves a started process alone, and its end is still told', async () => {
    await using made = await rig();
    const logFile = made.file('log');
    const argv = ['sh', '-c', 'while [ ! -e "$1" ]; do sleep 0.05; done; exit 9', 'sh', made.file('go')];
    await using process = await made.target.start(argv, { signal, logFile });
    made.server.cut();
    await made.target.exec(['touch', made.file('go')], { signal });
    expect(await process.exited).to.deep.equal({ kind: 'exited', exitCode: 9 });
  });

  it('goes on with a download where it was', async () => {
    const size = 24 << 20;
    let cut = false;
    const onOutput = (bytes: number): void => {
      if (cut || bytes < size / 2) return;
      cut = true;
      made.server.cut();
    };
    await using made = await rig({ onOutput });
    const bytes = randomBytes(size);
    await writeFile(made.file('from'), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const { transferredBytes } = await made.target.download(made.file('from'), made.file('to'), {
      signal,
      sha256,
    });
    expect(cut).to.equal(true);
    expect((await readFile(made.file('to'))).equals(bytes)).to.equal(true);
    expect((await stat(made.file('to'))).mode & 0o777).to.equal(0o600);
    // What was on its way when the connection went is brought again.
    expect(transferredBytes).to.be.lessThan(size * 1.3);
  });

  it('goes on with a download that was interrupted in an earlier run', async () => {
    const size = 24 << 20;
    await using made = await rig();
    const bytes = randomBytes(size);
    await writeFile(made.file('from'), bytes);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const controller = new AbortController();
    const onProgress = ({ done }: { readonly done: number }): void => {
      if (done > size / 2) controller.abort();
    };
    const first = made.target.download(made.file('from'), made.file('to'), {
      signal: controller.signal,
      sha256,
      onProgress,
    });
    await rejectsWith('interrupted', first);
    const names = await readdir(made.file('.'));
    expect(names).to.include('to.part').and.not.to.include('to');
    const { transferredBytes } = await made.target.download(made.file('from'), made.file('to'), {
      signal,
      sha256,
    });
    expect((await readFile(made.file('to'))).equals(bytes)).to.equal(true);
    expect(transferredBytes).to.be.lessThan(size * 0.7);
    expect((await readdir(made.file('.'))).filter((name) => name.includes('part'))).to.deep.equal([]);
  });

  it('starts a download anew when the file is another one now', async () => {
    await using made = await rig();
    await writeFile(made.file('from'), randomBytes(3 << 20));
    await writeFile(made.file('to.part'), 'something else');
    await writeFile(made.file('to.part.json'), JSON.stringify({ version: 'another', done: 65_536 }));
    await made.target.download(made.file('from'), made.file('to'), { signal });
    expect((await readFile(made.file('to'))).equals(await readFile(made.file('from')))).to.equal(true);
  });

  it('gives up within its bound when the host does not return', async () => {
    await using made = await rig({}, { deadlines: { reconnectMs: 700 } });
    const before = performance.now();
    await made.server[Symbol.asyncDispose]();
    const error = await rejectsWith('target', made.target.exec(['true'], { signal }));
    expect(error.details['reason']).to.equal('refused');
    expect(performance.now() - before).to.be.lessThan(10_000);
  });
});

describe('a network that goes dead', function () {
  this.timeout(60_000);

  it('is noticed, and what it left running is ended over the next connection', async () => {
    await using folder = await tempFolder();
    await using server = await startSshServer();
    const stalled: Socket[] = [];
    // Bytes vanish, and neither side hears of it.
    const network = createServer((near) => {
      const far = connect(server.port, '127.0.0.1');
      near.pipe(far).pipe(near);
      for (const socket of [near, far]) stalled.push(socket.on('error', () => undefined));
    }).listen(0, '127.0.0.1');
    await once(network, 'listening');
    const address = network.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const deadlines = { keepAliveMs: 200, answerMs: 5_000 };
    const options = {
      host: '127.0.0.1',
      port,
      user: 'tester',
      config: 'none',
      hostKeys: 'any' as const,
      deadlines,
    };
    try {
      await using target = await sshTarget({ ...options, workFolder: folder.file('work') }, signal);
      const script = 'echo $$ > "$1"; exec sleep 300';
      const work = target.exec(['sh', '-c', script, 'sh', folder.file('pid')], { signal });
      const pid = await pidIn(folder.file('pid'));
      for (const socket of stalled) socket.unpipe().pause();
      expect((await rejectsWith('target', work)).details).to.include({ reason: 'lost' });
      expect((await target.exec(['echo', 'again'], { signal })).stdout).to.equal('again\n');
      expect(await goneSoon(pid)).to.equal(true);
    } finally {
      for (const socket of stalled) socket.destroy();
      network.close();
    }
  });
});

describe('a download', function () {
  this.timeout(60_000);

  it('leaves nothing behind when its hash is not the one asked for', async () => {
    await using made = await rig();
    await writeFile(made.file('from'), 'contents');
    const options = { signal, sha256: '0'.repeat(64) };
    await rejectsWith('target', made.target.download(made.file('from'), made.file('to'), options));
    expect((await readdir(made.file('.'))).filter((name) => name.startsWith('to'))).to.deep.equal([]);
  });

  it('needs neither perl nor python on the target', async () => {
    await using tools = await tempFolder();
    // Neither tells anything: all of the file counts as data.
    for (const name of ['perl', 'python3'])
      await writeFile(tools.file(name), '#!/bin/sh\nexit 1\n', { mode: 0o755 });
    await using made = await rig({ tools: tools.path });
    await writeFile(made.file('from'), randomBytes(200_000));
    await made.target.exec(['truncate', '-s', '50000000', made.file('from')], { signal });
    const { transferredBytes } = await made.target.download(made.file('from'), made.file('to'), { signal });
    expect((await readFile(made.file('to'))).equals(await readFile(made.file('from')))).to.equal(true);
    expect(transferredBytes).to.be.lessThan(1_000_000);
    expect((await stat(made.file('to'))).blocks * 512).to.be.lessThan(1_000_000);
  });
});

describe('a server that does not answer', function () {
  this.timeout(60_000);

  it('is given up after its deadline, whatever was asked', async () => {
    let mute = false;
    await using made = await rig(
      { onCommand: () => (mute ? 'ignore' : 'run') },
      { deadlines: { answerMs: 300, reconnectMs: 300 } },
    );
    mute = true;
    const error = await rejectsWith('target', made.target.exec(['true'], { signal }));
    expect(error.details).to.include({ reason: 'time-out' });
    await rejectsWith('target', made.target.readFile('/proc/self/stat', signal));
  });
});

describe('what a host lacks', function () {
  this.timeout(60_000);

  it('is Linux', async () => {
    await using tools = await tempFolder();
    await writeFile(tools.file('uname'), '#!/bin/sh\necho Darwin\n', { mode: 0o755 });
    const error = await rejectsWith('target', rig({ tools: tools.path }));
    expect(error.message).to.contain('Darwin');
  });

  it('is a sudo without a password', async () => {
    await using tools = await tempFolder();
    const script = '#!/bin/sh\necho "sudo: a terminal is required to read the password" >&2\nexit 1\n';
    await writeFile(tools.file('sudo'), script, { mode: 0o755 });
    await using made = await rig({ tools: tools.path });
    const work = made.target.exec(['sudo', 'apt-get', 'install', 'gdb'], { signal });
    const error = await rejectsWith('missing-permission', work);
    expect(error.hint).to.contain('sudo apt-get install gdb');
  });
});
