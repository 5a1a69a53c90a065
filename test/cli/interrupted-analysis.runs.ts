import { mkdir, readdir } from 'node:fs/promises';
import { availableParallelism, constants, loadavg } from 'node:os';
import { expect } from 'chai';
import { pause, poll } from '../../lab/deadline.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { goTools } from '../hung-program.js';
import { type LabProcess, startLab } from '../lab-process.js';
import { buildLarge } from '../large-program.js';
import { linkedCache } from '../own-cache.js';
import { randomFrom } from '../random.js';
import { coreOf, type RealCore } from '../real-core.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const moments = 20;
const seed = Number(process.env['LAB_TEST_SEED'] ?? Date.now() % 2 ** 32);

/** A second, or more where processes have to wait for their turn. */
const withinMs = () => 1_000 * Math.max(1, (loadavg()[0] ?? 1) / availableParallelism());

describe('an analysis that is interrupted', function () {
  this.timeout(600_000);
  let folder: TempFolder;
  let core: RealCore;
  let cache: Awaited<ReturnType<typeof linkedCache>>;
  let args: readonly string[];
  let env: Readonly<Record<string, string>>;
  /** Of an analysis from its start to its end. */
  let wholeMs: number;

  before(async function () {
    const [go] = await goTools(signal);
    const delve = go === undefined ? undefined : await findDelve({ goVersion: go.version }, signal);
    if (go === undefined || delve === undefined) return this.skip();
    folder = await tempFolder();
    const exe = folder.file('server');
    await buildLarge(go.path, exe);
    core = await coreOf(exe, go.version, 'helper');
    cache = await linkedCache(folder.file('cache'));
    await mkdir(folder.file('tmp'));
    args = ['analyze', '--exe', exe, '--core', core.core];
    env = { LAB_CACHE: folder.file('cache'), LAB_RUNS: folder.path, TMPDIR: folder.file('tmp') };
    // The first one builds what is missing, and keeps the types of Go's library.
    for (const _ of ['first', 'measured']) {
      const began = performance.now();
      const { exitCode, stderr } = await start().ended;
      expect(exitCode, stderr).to.equal(0);
      wholeMs = performance.now() - began;
      await cache.forget();
    }
  });

  after(async () => {
    await core?.[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const start = (inFront: readonly string[] = [], more: Readonly<Record<string, string>> = {}) =>
    startLab(args, { ...env, ...more }, { inFront, ownGroup: true });

  /** Milliseconds until the lab has ended, and whatever it started; throws with what is left. */
  async function endedWithin(running: LabProcess, deadlineMs: number): Promise<number> {
    const began = performance.now();
    let ended = false;
    void running.ended.then(() => {
      ended = true;
    });
    const none = () => (ended && running.children().length === 0 ? true : undefined);
    const gone = await poll(none, { signal, deadlineMs: deadlineMs + 5_000, everyMs: 5 });
    const took = performance.now() - began;
    const left = running.children().map(({ pid, commandLine }) => `${pid} ${commandLine}`);
    for (const { pid } of running.children()) process.kill(pid, 'SIGKILL');
    if (gone === undefined) throw new Error(`left behind: ${left.join(', ') || 'the lab itself'}`);
    return took;
  }

  it(`ends within a second at ${moments} random moments, and leaves no process and no file behind`, async () => {
    const random = randomFrom(seed);
    const told: string[] = [];
    let interrupted = 0;
    const started = new Set<string>();
    for (let i = 0; interrupted < moments; i++) {
      if (i === 2 * moments) throw new Error('most analyses ended before their moment');
      const name = interrupted % 2 === 0 ? 'SIGINT' : 'SIGTERM';
      const toGroup = interrupted % 4 > 1;
      const ms = Math.round(random() * wholeMs);
      await using running = disposable(start());
      await pause(ms, signal);
      for (const { commandLine } of running.children()) {
        for (const tool of ['dlv', 'facts'])
          if (new RegExp(`/${tool}( |$)`).test(commandLine)) started.add(tool);
      }
      const hasEnded = await Promise.race([running.ended.then(() => true), pause(0, signal)]);
      if (hasEnded === true) {
        await cache.forget();
        continue;
      }
      if (toGroup) running.killGroup(name);
      else running.kill(name);
      const most = withinMs();
      const took = await endedWithin(running, most);
      const { exitCode, signal: killed, stdout, stderr } = await running.ended;
      const line = `${name} ${toGroup ? 'to the group ' : ''}after ${ms} of ${Math.round(wholeMs)} ms, seed ${seed}: ${Math.round(took)} ms`;
      told.push(line);
      // Node had not begun to listen; or all was printed already.
      const code = killed === undefined ? exitCode : 128 + constants.signals[killed];
      const expected =
        stdout === '' ? [130, killed === undefined ? 130 : 128 + constants.signals[name]] : [0];
      expect(code, `${line}\n${stderr}`).to.be.oneOf(expected);
      expect(took, line).to.be.below(most);
      expect(stderr, line).not.to.match(/^ {4}at /m);
      expect(await readdir(folder.file('tmp')), line).to.deep.equal([]);
      interrupted += 1;
      await cache.forget();
    }
    console.log(
      `      seed ${seed}, a whole analysis ${Math.round(wholeMs)} ms; ${told.map((line) => line.replace(/^.*: /, '')).join(', ')}`,
    );
    expect([...started].sort()).to.deep.equal(['dlv', 'facts']);
  });

  /** As npm does, which has the shell run it. */
  const npmEnvironment = { npm_execpath: '/usr/lib/node_modules/npm/bin/npm-cli.js', npm_command: 'exec' };
  for (const [how, inFront] of [
    ['npx', ['/bin/sh', '-c', '"$@"; exit', 'sh']],
    [
      'npx, and a shell behind it that waits,',
      ['/bin/bash', '-c', '/bin/sh -c \'"$@"; exit\' sh "$@"; exit', 'bash'],
    ],
  ] as const) {
    for (const when of ['dlv', 'facts'] as const) {
      it(`ends with all that it started when ${how} is killed while ${when} is at work`, async () => {
        await cache.forget();
        await using running = disposable(start(inFront, npmEnvironment));
        await running.child(new RegExp(`/${when}( |$)`));
        running.kill('SIGKILL');
        const gone = await poll(() => (running.children().length === 0 ? true : undefined), {
          signal,
          deadlineMs: 3_000 + withinMs(),
          everyMs: 20,
        });
        expect(gone, JSON.stringify(running.children())).to.equal(true);
        expect(await readdir(folder.file('tmp'))).to.deep.equal([]);
      });
    }
  }

  it('does not take the same signal, handed on by npm, for a second one', async () => {
    await cache.forget();
    await using running = disposable(start());
    await running.child(/\/facts$/);
    for (let i = 0; i < 3; i++) running.kill('SIGINT');
    const { exitCode, stderr } = await running.ended;
    expect(exitCode).to.equal(130);
    expect(stderr).to.match(/error: interrupted/);
  });

  it('leaves nothing behind when it is interrupted again and leaves at once', async () => {
    await cache.forget();
    await using running = disposable(start([], { npm_execpath: '' }));
    await running.child(/\/dlv /);
    running.kill('SIGSTOP');
    for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) running.kill(name);
    running.kill('SIGCONT');
    expect(await endedWithin(running, withinMs())).to.be.below(withinMs());
    expect(await readdir(folder.file('tmp'))).to.deep.equal([]);
  });
});

/** Whatever a failed test leaves is ended. */
function disposable(running: LabProcess): LabProcess & AsyncDisposable {
  return {
    ...running,
    async [Symbol.asyncDispose]() {
      for (const { pid } of running.children()) process.kill(pid, 'SIGKILL');
      try {
        running.kill('SIGKILL');
      } catch {
        // It has ended.
      }
      await running.ended;
    },
  };
}
