import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { localTarget } from '../../lab/targets/local.js';
import { identityOf, isSameProcess, parseProcStat } from '../../lab/targets/process-identity.js';
import { rejectsWith } from '../rejects.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

describe('the local target', () => {
  const target = localTarget();
  const readyIn = (logFile: string) =>
    poll(async () => ((await readFile(logFile, 'utf8')).startsWith('ready\n') ? true : undefined), {
      signal,
      deadlineMs: 5000,
      everyMs: 10,
    });

  it('returns a non-zero exit as a value, with both outputs', async () => {
    const result = await target.exec(['sh', '-c', 'echo out; echo err >&2; exit 3'], { signal });
    expect(result).to.include({
      exitCode: 3,
      signal: null,
      timedOut: false,
      stdout: 'out\n',
      stderr: 'err\n',
    });
  });

  it('hands arguments on without a shell', async () => {
    const result = await target.exec(['printf', '%s', '$(id) "; rm'], { signal });
    expect(result.stdout).to.equal('$(id) "; rm');
  });

  it('names a program that does not exist as a missing tool', async () => {
    const error = await rejectsWith('missing-tool', target.exec(['no-such-program-here'], { signal }));
    expect(error.message).to.contain('no-such-program-here');
    expect(error.hint).to.contain('lab doctor');
  });

  it('ends a command that runs past its time-out and says so', async () => {
    const result = await target.exec(['sleep', '30'], { signal, timeoutMs: 100 });
    expect(result.timedOut).to.equal(true);
    expect(result.exitCode).to.equal(null);
  });

  it('ends a command when the caller aborts', async () => {
    const controller = new AbortController();
    const work = target.exec(['sleep', '30'], { signal: controller.signal });
    controller.abort();
    await rejectsWith('interrupted', work);
  });

  it('starts a process that writes to its log, tells how it ended, and ends it on disposal', async () => {
    await using folder = await tempFolder();
    const logFile = folder.file('log');
    const process = await target.start(['sh', '-c', 'echo ready; exec sleep 60'], { signal, logFile });
    const ready = await readyIn(logFile);
    expect(ready).to.equal(true);
    expect(process.exit()).to.equal(undefined);
    await process[Symbol.asyncDispose]();
    expect(process.exit()).to.deep.equal({ kind: 'killed', signal: 'SIGTERM' });
    expect(await isSameProcess(process.identity)).to.equal(false);
  });

  it('ends a process that ignores TERM, and one that is stopped', async () => {
    await using folder = await tempFolder();
    const logFile = folder.file('stubborn');
    const script = 'trap "" TERM; echo ready; while :; do sleep 0.05; done';
    const stubborn = await target.start(['sh', '-c', script], { signal, logFile });
    expect(await readyIn(logFile)).to.equal(true);
    await stubborn.kill('SIGSTOP');
    await stubborn[Symbol.asyncDispose]();
    expect(stubborn.exit()).to.deep.equal({ kind: 'killed', signal: 'SIGKILL' });
  }).timeout(10_000);

  it('attaches to a process by pid and start time, and to no other with that pid', async () => {
    await using folder = await tempFolder();
    await using started = await target.start(['sleep', '60'], { signal, logFile: folder.file('log') });
    const { identity } = started;
    expect(await target.attach({ ...identity, startTicks: identity.startTicks + 1 }, signal)).to.equal(
      undefined,
    );
    const attached = await target.attach(identity, signal);
    await attached?.kill('SIGKILL');
    expect(await attached?.exited).to.deep.equal({ kind: 'gone' });
  });
});

describe('/proc/PID/stat', () => {
  it('is read past a command name with spaces and parentheses', () => {
    const numbers = Array.from({ length: 49 }, (_, index) => index + 4).join(' ');
    expect(parseProcStat(`7 (a) b (c) S ${numbers}`)).to.deep.equal({
      state: 'S',
      cpuTicks: 14 + 15,
      startTicks: 22,
      rssPages: 24,
    });
  });

  it('is undefined for text that is none', () => {
    expect(parseProcStat('')).to.equal(undefined);
    expect(parseProcStat('no such process')).to.equal(undefined);
  });

  it('identifies this very process', async () => {
    const identity = await identityOf(process.pid);
    expect(identity?.pid).to.equal(process.pid);
    expect(identity !== undefined && (await isSameProcess(identity))).to.equal(true);
  });
});
