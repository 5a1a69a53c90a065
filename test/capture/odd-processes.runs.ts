import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { readCoreHeader } from '../../lab/core/elf.js';
import { poll } from '../../lab/deadline.js';
import { LabError } from '../../lab/errors.js';
import { buildCaptured, startCaptured, tracesOf } from '../captured-program.js';
import { hasGcc } from '../go-build-env.js';
import { openCore } from '../same-memory.js';
import { runHelper, take, takeStream } from '../taking-helper.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const ways = ['auto', 'read', 'fork'] as const;
const pageSize = 4096;

const stateOf = async (pid: number) =>
  /^State:\s+(\w)/m.exec(await readFile(`/proc/${pid}/status`, 'utf8'))?.[1];

/** gdb reads it as the core of that program, with as many threads. */
async function expectReadable(exe: string, core: string, threads: number): Promise<void> {
  const argv = ['--nx', '--batch', '-iex', 'set auto-load off', '-ex', 'info threads', exe, core];
  const { stdout, stderr } = await execa('gdb', argv);
  // Where the program has C code, its own list has a first thread that has ended too.
  const found = [...stdout.matchAll(/^[* ] +\d+ +(?:Thread|LWP)(?!.* <unavailable> in )/gm)];
  expect(found, stdout + stderr).to.have.length(threads);
  expect((await readCoreHeader(core, signal)).size.actual).to.be.greaterThan(0);
}

describe('cores of processes that are not as usual', function () {
  this.timeout(120_000);
  let folder: TempFolder;
  let exe: string;
  before(async () => {
    folder = await tempFolder();
    exe = await buildCaptured(folder);
  });
  after(() => folder[Symbol.asyncDispose]());

  it('has every thread of one whose threads begin and end all the time', async () => {
    await using program = await startCaptured(exe, folder, ['-resident=40', '-threads=20', '-churn=4']);
    for (let turn = 0; turn < 12; turn += 1) {
      const core = folder.file(`churn.${turn}`);
      const taken = await take(program.pid, core, `--snapshot=${ways[turn % 3]}`);
      // 20 that wait for good, and at least the ones that Go's runtime keeps.
      expect(taken.threads).to.be.greaterThan(23);
      await expectReadable(exe, core, taken.threads);
    }
    const { tracer, stopped, children } = await tracesOf(program.pid);
    expect({ tracer, stopped, children }).to.deep.equal({ tracer: '0', stopped: [], children: [] });
  });

  for (const way of ways) {
    it(`leaves one stopped that a signal has stopped: ${way}`, async () => {
      await using program = await startCaptured(exe, folder, ['-resident=40']);
      process.kill(program.pid, 'SIGSTOP');
      await poll(async () => (await stateOf(program.pid)) === 'T' || undefined, {
        ...{ signal, deadlineMs: 5_000, everyMs: 5 },
      });
      await take(program.pid, folder.file(`stopped.${way}`), `--snapshot=${way}`);
      expect(await stateOf(program.pid)).to.equal('T');
      const { ticks } = await program.pulse();
      expect((await tracesOf(program.pid)).stopped.length).to.be.greaterThan(3);
      expect((await program.pulse()).ticks).to.equal(ticks);
      process.kill(program.pid, 'SIGCONT');
      const goesOn = async () => (await program.pulse()).ticks > ticks || undefined;
      expect(await poll(goesOn, { signal, deadlineMs: 5_000, everyMs: 5 })).to.equal(true);
    });
  }

  it('names the debugger that holds one already', async () => {
    await using program = await startCaptured(exe, folder);
    const gdb = spawn('gdb', ['--nx', '-iex', 'set auto-load off', '--pid', String(program.pid)]);
    try {
      await poll(async () => (await tracesOf(program.pid)).tracer !== '0' || undefined, {
        ...{ signal, deadlineMs: 20_000, everyMs: 10 },
      });
      const { exitCode, outcome } = await runHelper([
        'core',
        `--pid=${program.pid}`,
        '--core',
        folder.file('traced'),
      ]);
      expect(exitCode).to.equal(69);
      expect(outcome).to.include({
        code: 'missing-permission',
        hint: `end that debugger: \`kill ${gdb.pid}\``,
      });
    } finally {
      gdb.kill('SIGKILL');
      await once(gdb, 'exit');
    }
  });

  for (const way of ways) {
    it(`is told when one is killed meanwhile: ${way}`, async () => {
      for (let turn = 0; turn < 6; turn += 1) {
        await using program = await startCaptured(exe, folder, ['-resident=150', '-threads=10']);
        const core = folder.file(`dying.${way}.${turn}`);
        const args = ['core', `--pid=${program.pid}`, `--core=${core}`, `--snapshot=${way}`];
        const running = runHelper(args);
        await poll(() => turn === 0 || undefined, { signal, deadlineMs: turn * 15, everyMs: 5 });
        process.kill(program.pid, 'SIGKILL');
        const { exitCode, outcome, stderr } = await running;
        if (exitCode === 0) expect(outcome).not.to.be.instanceOf(LabError);
        else {
          expect(exitCode, stderr).to.equal(69);
          expect(outcome, stderr).to.include({ code: 'target', message: `process ${program.pid} is gone` });
        }
      }
    });
  }

  for (const way of ways) {
    it(`is whole where the first thread has ended: ${way}`, async () => {
      await using program = await startCaptured(exe, folder, ['-resident=40', '-odd=leaderless']);
      await poll(async () => (await stateOf(program.pid)) === 'Z' || undefined, {
        ...{ signal, deadlineMs: 5_000, everyMs: 5 },
      });
      const core = folder.file(`leaderless.${way}`);
      const taken = await take(program.pid, core, `--snapshot=${way}`);
      await expectReadable(exe, core, taken.threads);
      expect(taken.resident).to.be.greaterThan(40e6);
      expect((await tracesOf(program.pid)).children).to.deep.equal([]);
    });
  }

  it('tells of a thread that nobody can stop, as its child runs in its memory', async function () {
    if (!hasGcc) return this.skip();
    await using home = await tempFolder();
    const withC = await buildCaptured(home, { flags: ['-tags=withc'] });
    await using program = await startCaptured(withC, home, ['-resident=40', '-odd=vfork']);
    const waits = async () =>
      (await execa('ps', ['-L', '-o', 'stat=', '-p', String(program.pid)])).stdout.includes('D');
    await poll(async () => (await waits()) || undefined, { signal, deadlineMs: 5_000, everyMs: 5 });
    const [child = ''] = (await tracesOf(program.pid)).children;
    try {
      for (const way of ['auto', 'read'] as const) {
        const core = home.file(`vfork.${way}`);
        const taken = await take(program.pid, core, `--snapshot=${way}`);
        expect(taken.notes.join()).to.include('could not be stopped');
        await expectReadable(withC, core, taken.threads);
      }
      const { exitCode, outcome } = await runHelper([
        ...['core', `--pid=${program.pid}`, `--core=${home.file('vfork.fork')}`, '--snapshot=fork'],
      ]);
      expect([exitCode, (outcome as LabError).code]).to.deep.equal([2, 'undecided']);
      const { tracer, children } = await tracesOf(program.pid);
      expect({ tracer, children }).to.deep.equal({ tracer: '0', children: [child] });
      const { ticks } = await program.pulse();
      const goesOn = async () => (await program.pulse()).ticks > ticks || undefined;
      expect(await poll(goesOn, { signal, deadlineMs: 5_000, everyMs: 5 })).to.equal(true);
    } finally {
      process.kill(Number(child), 'SIGKILL');
    }
    // The thread that waited has its child's end, and goes on: nobody holds it.
    const woken = async () => !(await waits()) || undefined;
    expect(await poll(woken, { signal, deadlineMs: 5_000, everyMs: 5 })).to.equal(true);
    expect((await tracesOf(program.pid)).stopped).to.deep.equal([]);
  });

  it('is whole, or there is none, where the process begins programs anew all the time', async () => {
    await using program = await startCaptured(exe, folder, ['-odd=exec']);
    const seen = new Set<number | undefined>();
    for (let turn = 0; turn < 30; turn += 1) {
      const core = folder.file(`exec.${turn}`);
      const way = ways[turn % 3] ?? 'auto';
      const { exitCode, outcome, stderr } = await runHelper([
        ...['core', `--pid=${program.pid}`, `--core=${core}`, `--snapshot=${way}`],
      ]);
      seen.add(exitCode);
      if (exitCode !== 0) expect([2, 69], stderr).to.include(exitCode);
      else if (outcome !== undefined && !(outcome instanceof LabError)) {
        await expectReadable(exe, core, outcome.threads);
        // Go's runtime alone has more.
        expect(outcome.resident, stderr).to.be.greaterThan(100_000);
      }
    }
    expect((await tracesOf(program.pid)).tracer).to.equal('0');
  });

  it('makes no call in a process whose calls are filtered', async () => {
    await using program = await startCaptured(exe, folder, ['-resident=40', '-odd=seccomp']);
    expect((await take(program.pid, folder.file('filtered'))).snapshot).to.equal('read');
    const { exitCode, outcome } = await runHelper([
      ...['core', `--pid=${program.pid}`, `--core=${folder.file('filtered.fork')}`, '--snapshot=fork'],
    ]);
    expect(exitCode).to.equal(2);
    expect(outcome).to.include({ code: 'undecided' });
  });

  describe('memory', () => {
    for (const way of [...ways, 'stream'] as const) {
      it(`is there as the kernel would write it: ${way}`, async () => {
        await using home = await tempFolder();
        await using program = await startCaptured(exe, home, ['-resident=40', '-odd=memory']);
        const file = home.file('core');
        if (way === 'stream') await takeStream(program.pid, (name) => home.file(name));
        else await take(program.pid, file, `--snapshot=${way}`);
        await using core = await openCore(file);
        const places = new Map(
          [...program.said().matchAll(/^memory (\w+) (\w+) (\d+)$/gm)].map(([, name = '', at = '', size]) => [
            name,
            { at: Number.parseInt(at, 16), pages: Number(size) / pageSize },
          ]),
        );
        const textAt = async (name: string, page: number) => {
          const place = places.get(name);
          const bytes = await core.page((place?.at ?? 0) + page * pageSize);
          return bytes?.toString('latin1').replace(/\0.*$/s, '');
        };
        expect(await textAt('plain', 3)).to.equal('plain 3');
        expect(await textAt('plain', 4), 'never written').to.equal('');
        expect(await textAt('dontdump', 0)).to.equal(undefined);
        expect(await textAt('noaccess', 2)).to.equal('closed 2');
        expect(await textAt('shared', 3)).to.equal('shared 3');
        expect(await textAt('short', 0)).to.equal('cut 0');
        expect(await textAt('short', 1)).to.equal('cut 1');
        expect(await textAt('short', 3), 'behind the end of the file').to.equal('');
        const { pages = 0 } = places.get('transparent') ?? {};
        for (let page = 0; page < pages; page += 97)
          expect(await textAt('transparent', page)).to.equal(`transparent ${page}`);
        if (places.has('huge')) expect(await textAt('huge', 511)).to.equal('huge 511');
      });
    }
  });

  it('is not taken of a process that has no program', async () => {
    const { exitCode, outcome } = await runHelper(['core', '--pid=2', '--core', join(folder.path, 'kernel')]);
    expect(exitCode).to.equal(69);
    expect(outcome).to.be.instanceOf(LabError);
  });
});
