import { chmod, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import type { Target } from '../../lab/targets/target.js';
import { rejectsWith } from '../rejects.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

/** What every target does; its machine has to share its files and processes with this one. */
export function keepsTheContract(targetOf: () => Target): void {
  const readyIn = (logFile: string) =>
    poll(async () => ((await readFile(logFile, 'utf8')).includes('ready\n') ? true : undefined), {
      signal,
      deadlineMs: 10_000,
      everyMs: 10,
    });

  it('returns a non-zero exit as a value, with both outputs', async () => {
    const result = await targetOf().exec(['sh', '-c', 'echo out; echo err >&2; exit 3'], { signal });
    const expected = { exitCode: 3, signal: null, timedOut: false, stdout: 'out\n', stderr: 'err\n' };
    expect(result).to.include(expected);
  });

  it('tells a signal from an exit code that looks like one', async () => {
    const killed = await targetOf().exec(['sh', '-c', 'kill -TERM $$'], { signal });
    expect(killed).to.include({ exitCode: null, signal: 'SIGTERM' });
    const exited = await targetOf().exec(['sh', '-c', 'exit 143'], { signal });
    expect(exited).to.include({ exitCode: 143, signal: null });
  });

  it('hands arguments on as they are', async () => {
    const nasty = [
      ...[
        '',
        ' ',
        '\n',
        'a\nb\n',
        "it's",
        "'",
        "''",
        '"',
        '$HOME',
        '$(id)',
        '`id`',
        '\\',
        '\\n',
        '\\\\',
        '*',
        '~',
      ],
      ...['!!', '#', '-n', '--', ';', '&&', '|', '<', '>', '{a,b}', '%s', '\t', '\u0001', 'ü€😀', '\u00a0'],
    ];
    const result = await targetOf().exec(['printf', '%s\\0', ...nasty], { signal });
    expect(result.stdout.split('\0').slice(0, -1)).to.deep.equal(nasty);
  });

  it('sets folder, environment and input', async () => {
    await using folder = await tempFolder();
    const value = 'x\'y"$z\n\\';
    const script = 'pwd; printf %s "$LAB_VALUE"; cat';
    const options = { signal, cwd: folder.path, env: { LAB_VALUE: value }, input: 'ünë\nlast' };
    const { stdout } = await targetOf().exec(['sh', '-c', script], options);
    expect(stdout).to.equal(`${folder.path}\n${value}ünë\nlast`);
  });

  it('takes a large input, and returns a large output', async () => {
    const input = 'line of text\n'.repeat(200_000);
    const { stdout } = await targetOf().exec(['cat'], { signal, input });
    expect(stdout === input).to.equal(true);
  });

  it('gives a command without input an empty one', async () => {
    expect(await targetOf().exec(['cat'], { signal })).to.include({ exitCode: 0, stdout: '' });
  });

  it('names a program that does not exist as a missing tool, and no program that exits alike', async () => {
    const error = await rejectsWith('missing-tool', targetOf().exec(['no-such-program-here'], { signal }));
    expect(error.message).to.contain('no-such-program-here');
    await rejectsWith('missing-tool', targetOf().exec(['/etc/passwd'], { signal }));
    expect(await targetOf().exec(['sh', '-c', 'exit 127'], { signal })).to.include({ exitCode: 127 });
  });

  it('ends a command that runs past its time-out and says so', async () => {
    const result = await targetOf().exec(['sleep', '30'], { signal, timeoutMs: 200 });
    expect(result).to.include({ timedOut: true, exitCode: null, signal: 'SIGTERM' });
  });

  it('ends a command when the caller aborts', async () => {
    await using folder = await tempFolder();
    const pidFile = folder.file('pid');
    const controller = new AbortController();
    const script = 'echo $$ > "$1"; exec sleep 30';
    const work = targetOf().exec(['sh', '-c', script, 'sh', pidFile], { signal: controller.signal });
    const pid = await pidIn(pidFile);
    controller.abort();
    await rejectsWith('interrupted', work);
    expect(await goneSoon(pid)).to.equal(true);
  });

  it('starts a process that writes to its log, tells how it ended, and ends it on disposal', async () => {
    await using folder = await tempFolder();
    const logFile = folder.file('log');
    const script = 'echo ready; exec sleep 60';
    const process = await targetOf().start(['sh', '-c', script], { signal, logFile });
    expect(await readyIn(logFile)).to.equal(true);
    expect(process.exit()).to.equal(undefined);
    expect((await stat(logFile)).mode & 0o777).to.equal(0o600);
    await process[Symbol.asyncDispose]();
    expect(process.exit()).to.deep.equal({ kind: 'killed', signal: 'SIGTERM' });
    expect(await goneSoon(process.identity.pid)).to.equal(true);
  });

  it('tells the exit code of a process, and gives it its folder and environment', async () => {
    await using folder = await tempFolder();
    const logFile = folder.file('log');
    const script = 'pwd; echo "$LAB_VALUE"; exit 7';
    const options = { signal, logFile, cwd: folder.path, env: { LAB_VALUE: "it's $me" } };
    const process = await targetOf().start(['sh', '-c', script], options);
    expect(await process.exited).to.deep.equal({ kind: 'exited', exitCode: 7 });
    expect(await readFile(logFile, 'utf8')).to.equal(`${folder.path}\nit's $me\n`);
  });

  it('starts a process in a session of its own that takes every signal', async () => {
    await using folder = await tempFolder();
    await using process = await targetOf().start(['sleep', '60'], { signal, logFile: folder.file('log') });
    const { pid } = process.identity;
    const fields = ((await readFile(`/proc/${pid}/stat`, 'utf8')).split(') ')[1] ?? '').split(' ');
    expect(Number(fields[3])).to.equal(pid);
    await process.kill('SIGINT');
    expect(await process.exited).to.deep.equal({ kind: 'killed', signal: 'SIGINT' });
  });

  it('cannot start what is not there', async () => {
    await using folder = await tempFolder();
    const work = targetOf().start(['/no/such/program'], { signal, logFile: folder.file('log') });
    expect((await rejectsWith('target', work)).message).to.contain('/no/such/program');
  });

  it('ends a process that ignores TERM, and one that is stopped', async () => {
    await using folder = await tempFolder();
    const logFile = folder.file('stubborn');
    const script = 'trap "" TERM; echo ready; while :; do sleep 0.05; done';
    const stubborn = await targetOf().start(['sh', '-c', script], { signal, logFile });
    expect(await readyIn(logFile)).to.equal(true);
    await stubborn.kill('SIGSTOP');
    await stubborn[Symbol.asyncDispose]();
    expect(stubborn.exit()).to.deep.equal({ kind: 'killed', signal: 'SIGKILL' });
  }).timeout(20_000);

  it('attaches to a process by pid and start time, and to no other with that pid', async () => {
    await using folder = await tempFolder();
    await using started = await targetOf().start(['sleep', '60'], { signal, logFile: folder.file('log') });
    const { identity } = started;
    const other = { ...identity, startTicks: identity.startTicks + 1 };
    expect(await targetOf().attach(other, signal)).to.equal(undefined);
    const attached = await targetOf().attach(identity, signal);
    await attached?.kill('SIGKILL');
    expect((await attached?.exited)?.kind).to.be.oneOf(['gone', 'killed']);
    await attached?.kill('SIGKILL');
  });

  it('reads files of /proc and others to their end, and says when there is none', async () => {
    await using folder = await tempFolder();
    const text = 'äöü\n'.repeat(50_000);
    await writeFile(folder.file('text'), text);
    expect((await targetOf().readFile(folder.file('text'), signal)) === text).to.equal(true);
    expect(await targetOf().readFile('/proc/self/status', signal)).to.match(/^Name:/);
    expect(await targetOf().readFile('/proc/999999999/stat', signal)).to.equal(undefined);
    expect(await targetOf().readFile(folder.file('none'), signal)).to.equal(undefined);
  });

  it('uploads a file with its mode', async () => {
    await using folder = await tempFolder();
    const from = folder.file("from 'here'");
    await writeFile(from, Buffer.from([0, 1, 2, 255, 10, 13]));
    await chmod(from, 0o750);
    await targetOf().upload(from, folder.file('to $there'), signal);
    expect(await readFile(folder.file('to $there'))).to.deep.equal(await readFile(from));
    expect((await stat(folder.file('to $there'))).mode & 0o777).to.equal(0o750);
  });

  it('mirrors a folder, links and modes included', async () => {
    await using folder = await tempFolder();
    const script =
      'mkdir -p a/b; echo 1 >a/one; echo 2 >"a/b/two words"; : >a/empty; chmod 755 a/one; ln -s one a/l';
    await execa('sh', ['-c', script], { cwd: folder.path });
    const there = await targetOf().mirror(folder.path, signal);
    const same = await execa('diff', ['-r', folder.path, there], { reject: false });
    expect(same.stdout).to.equal('');
    expect((await stat(join(there, 'a/one'))).mode & 0o100).to.equal(0o100);
    expect(await targetOf().mirror(folder.path, signal)).to.equal(there);
  });

  it('downloads a file with holes', async () => {
    await using folder = await tempFolder();
    const from = folder.file('from');
    await writeFile(from, Buffer.alloc(100_000, 'data'));
    await truncate(from, 50_000_001);
    await targetOf().download(from, folder.file('to'), { signal });
    const [was, is] = [await stat(from), await stat(folder.file('to'))];
    expect(is.size).to.equal(was.size);
    expect(is.blocks * 512).to.be.lessThan(10_000_000);
    expect((await execa('cmp', [from, folder.file('to')], { reject: false })).exitCode).to.equal(0);
  });

  it('says where a port of the target is reached, and the same place again', async () => {
    const server = createServer((_, response) => response.end('hello')).listen(0, '127.0.0.1');
    try {
      await new Promise((resolve) => server.once('listening', resolve));
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      const endpoint = await targetOf().reach(port, signal);
      const answer = await fetch(`http://${endpoint.host}:${endpoint.port}/`, {
        headers: { connection: 'close' },
      });
      expect(await answer.text()).to.equal('hello');
      expect(await targetOf().reach(port, signal)).to.deep.equal(endpoint);
    } finally {
      server.closeAllConnections();
      server.close();
    }
  });
}

/** The pid that a command wrote down. */
export async function pidIn(file: string): Promise<number> {
  const text = await poll(async () => (await readFile(file, 'utf8').catch(() => '')).trim() || undefined, {
    signal,
    deadlineMs: 10_000,
    everyMs: 10,
  });
  return Number(text);
}

/** Whether the process ends by itself. */
export async function goneSoon(pid: number): Promise<boolean> {
  const gone = await poll(
    async () =>
      (await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => ') Z')).includes(') Z') ? true : undefined,
    { signal, deadlineMs: 15_000, everyMs: 20 },
  );
  return gone === true;
}
