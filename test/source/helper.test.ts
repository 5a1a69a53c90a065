import { spawn } from 'node:child_process';
import { symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';
import { expect } from 'chai';
import { z } from 'zod';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';
import { startFacts } from '../../lab/source/helper.js';
import { FactsFailure, type FactsFailureKind } from '../../lab/source/helper-failure.js';
import { buildGo, type GoProgram, hasGo } from '../go-program.js';
import { processTable } from '../process-table.js';
import { rejectsWith } from '../rejects.js';

const { signal } = new AbortController();
const memory = { soft: 100e6, hard: 300e6 };

describe('the helper that reads sources', function () {
  this.timeout(60_000);
  let program: GoProgram;

  before(async function () {
    this.timeout(120_000);
    if (!(await hasGo())) return this.skip();
    program = await buildGo(join(projectRoot, 'test/fixtures/go/facts/moody'), '.');
    for (const mood of ['silent', 'garbage', 'stranger', 'crash']) {
      await symlink(program.exe, program.folder.file(`facts-${mood}`));
    }
  });

  after(async () => await program?.[Symbol.asyncDispose]());

  const start = (options: Partial<Parameters<typeof startFacts>[0]> = {}) =>
    startFacts({ path: program.exe, signal, ...options });

  async function failsWith(kind: FactsFailureKind, work: Promise<unknown>): Promise<FactsFailure> {
    try {
      await work;
    } catch (error) {
      if (error instanceof FactsFailure && error.kind === kind) {
        expect(error.why).to.match(/^[^\n]{5,400}$/);
        return error;
      }
      throw error;
    }
    throw new Error('it did not fail');
  }

  it('answers several calls at once, each with its own answer', async () => {
    await using session = start();
    expect(await session.hello).to.include({ protocol: 'lab.facts/1', version: 'moody' });
    const texts = Array.from({ length: 200 }, (_, at) => `line ${at}: ü\n"${'z'.repeat(at)}"`);
    const answers = texts.map((text) => session.call('echo', { text }, z.string(), { signal }));
    expect(await Promise.all(answers)).to.deep.equal(texts);
  });

  it('tells what it is at', async () => {
    const told: string[] = [];
    await using session = start({ onProgress: (text) => told.push(text) });
    await session.call('progress', {}, z.null(), { signal });
    expect(told).to.deep.equal(['reading', 'checking']);
  });

  it('knows how much memory it may take and where modules lie, and nothing that changes how Go programs run', async () => {
    process.env['GODEBUG'] = 'gctrace=1';
    await using session = start({ memory });
    delete process.env['GODEBUG'];
    const environment = await session.call('environment', {}, z.array(z.string()), { signal });
    expect(environment).to.include.members(['GOMEMLIMIT=100000000', `HOME=${process.env['HOME']}`]);
    expect(environment.filter((line) => /^(GODEBUG|GOFLAGS|GOOS)=/.test(line))).to.deep.equal([]);
  });

  it('may refuse a question, or break over it, and answers the next one', async () => {
    await using session = start();
    const refusal = await failsWith('refused', session.call('refuse', {}, z.string(), { signal }));
    expect(refusal).to.include({ why: 'there is no function nowhere.Run', exitCode: 64 });
    const broken = await failsWith('broken', session.call('break', {}, z.string(), { signal }));
    expect(broken).to.include({ why: 'break failed: index out of range', exitCode: 70 });
    expect(await session.call('echo', { text: 'still here' }, z.string(), { signal })).to.equal('still here');
  });

  it('is not believed when its answer has another form', async () => {
    await using session = start();
    const failure = await failsWith('protocol', session.call('echo', { text: 'x' }, z.number(), { signal }));
    expect(failure.why).to.equal('the answer to echo is not of the form agreed on');
    expect(await session.call('echo', { text: 'x' }, z.string(), { signal })).to.equal('x');
  });

  it('hands over 50 MB in time that grows with their number alone', async () => {
    await using session = start({ memory: { soft: 500e6, hard: 1e9 } });
    const began = performance.now();
    const [text] = await session.call('large', { megabytes: 50 }, z.array(z.string()), { signal });
    expect(text?.length).to.equal(50 * 2 ** 20);
    expect(performance.now() - began).to.be.below(10_000);
  });

  it('may write as much as it likes to stderr', async () => {
    await using session = start();
    await session.call('chatter', {}, z.null(), { signal });
  });

  for (const [method, kind, why] of [
    ['panic', 'ended', /exit code 2: panic: the sources are too beautiful$/],
    ['exit', 'ended', /exit code 3: leaving$/],
    ['killed', 'memory', /was killed/],
    ['allocate', 'memory', /need more memory than there is \(0\.3 GB\)/],
    ['garbage', 'protocol', /what is no answer: fmt\.Println left behind/],
  ] as const) {
    it(`that fails by ${method} fails every call, in a few words`, async () => {
      await using session = start({ memory });
      const other = session.call('hang', {}, z.null(), { signal }).catch((error: unknown) => error);
      const failure = await failsWith(kind, session.call(method, {}, z.null(), { signal }));
      expect(failure.why).to.match(why);
      expect(await other).to.equal(failure);
      expect(await session.call('echo', {}, z.null(), { signal }).catch((error: unknown) => error)).to.equal(
        failure,
      );
      await goneWithin(session.pid, 2_000);
    });
  }

  for (const [mood, kind, why] of [
    ['silent', 'ended', /said nothing within 0\.3 s/],
    ['garbage', 'protocol', /does not say what it is: Hello, World!/],
    ['stranger', 'protocol', /speaks lab\.facts\/9, not lab\.facts\/1/],
    ['crash', 'ended', /panic: it cannot even begin/],
  ] as const) {
    it(`that begins with ${mood} is told from a good one`, async () => {
      const path = program.folder.file(`facts-${mood}`);
      await using session = start({ path, ...(mood === 'silent' ? { startTimeoutMs: 300 } : {}) });
      const failure = await failsWith(kind, session.call('echo', {}, z.string(), { signal }));
      expect(failure.why).to.match(why);
      await failsWith(kind, session.hello);
      await goneWithin(session.pid, 2_000);
    });
  }

  it('that is not there, or no program, is a failure like the others', async () => {
    await writeFile(program.folder.file('no program'), 'x', { mode: 0o644 });
    for (const path of ['/nowhere/facts', program.folder.file('no program')]) {
      await using session = start({ path });
      const failure = await failsWith('ended', session.call('echo', {}, z.string(), { signal }));
      expect(failure.why).to.match(/^the helper cannot be run/);
    }
  });

  for (const method of ['hang', 'deaf']) {
    for (const whose of ['session', 'call']) {
      it(`is gone within a second when its ${whose} is aborted in ${method}, and nobody waits for that`, async () => {
        const abort = new AbortController();
        const both = { session: signal, call: signal, [whose]: abort.signal };
        let begun = (): void => undefined;
        const busy = new Promise<void>((resolve) => {
          begun = resolve;
        });
        await using session = start({ signal: both.session, onProgress: () => begun() });
        const call = session.call(method, {}, z.null(), { signal: both.call });
        const failed = rejectsWith('interrupted', call);
        await busy;
        const began = performance.now();
        abort.abort();
        await failed;
        expect(performance.now() - began).to.be.below(100);
        await goneWithin(session.pid, 1_000);
        await rejectsWith('interrupted', session.call('echo', {}, z.string(), { signal }));
      });
    }
  }

  it('is not started for a signal that is aborted already', async () => {
    await using session = start({ signal: AbortSignal.abort() });
    expect(session.pid).to.equal(undefined);
    await rejectsWith('interrupted', session.call('echo', {}, z.string(), { signal }));
  });

  it('is gone when its session is disposed', async () => {
    const session = start();
    await session.hello;
    const call = session.call('deaf', {}, z.null(), { signal }).catch((error: unknown) => error);
    await session[Symbol.asyncDispose]();
    expect(await call).to.be.instanceOf(FactsFailure);
    await goneWithin(session.pid, 50);
  });

  for (const [how, wrapped] of [
    ['the lab', false],
    ['the lab behind a shell, as npx starts it,', true],
  ] as const) {
    it(`is not left behind when ${how} is killed in the middle of a call`, async () => {
      const url = (path: string): string => pathToFileURL(join(projectRoot, 'dist', path)).href;
      const parent = program.folder.file('parent.mjs');
      await writeFile(
        parent,
        `import { startFacts } from '${url('lab/source/helper.js')}';
         import { z } from '${import.meta.resolve('zod')}';
         const { signal } = new AbortController();
         const onProgress = () => console.log(JSON.stringify([process.pid, session.pid]));
         const session = startFacts({ path: process.argv[2], signal, onProgress });
         await session.call('hang', {}, z.null(), { signal });`,
      );
      const argv = [process.execPath, parent, program.exe];
      const [file = '', ...args] = wrapped ? ['/bin/sh', '-c', '"$@"; true', 'sh', ...argv] : argv;
      const child = spawn(file, args, { stdio: ['ignore', 'pipe', 'inherit'] });
      const pids = await new Promise<[number, number]>((resolve) => {
        createInterface({ input: child.stdout }).once('line', (line) => resolve(JSON.parse(line)));
      });
      expect(processTable().map(({ pid }) => pid)).to.include.members(pids);
      process.kill(pids[0], 'SIGKILL');
      for (const pid of pids) await goneWithin(pid, 1_000);
      child.kill('SIGKILL');
    });
  }
});

async function goneWithin(pid: number | undefined, deadlineMs: number): Promise<void> {
  const gone = await poll(async () => (processTable().every((row) => row.pid !== pid) ? true : undefined), {
    signal,
    deadlineMs,
    everyMs: 10,
  });
  expect(gone, `process ${pid}`).to.equal(true);
}
