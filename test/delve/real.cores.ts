import { execFile } from 'node:child_process';
import { access, mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { promisify } from 'node:util';
import { expect } from 'chai';
import { gcore } from '../../lab/capture/gcore.js';
import { poll } from '../../lab/deadline.js';
import { fullLoad, globalScope } from '../../lab/delve/client.js';
import { type DelveCoreOptions, type DelveSession, launchDelveCore } from '../../lab/delve/launch.js';
import { readWaitReasons } from '../../lab/delve/wait-reasons.js';
import { localTarget } from '../../lab/targets/local.js';
import { parseProcStat } from '../../lab/targets/process-identity.js';
import { findDelve } from '../../lab/toolchain/delve.js';
import { blockedGoroutines, buildHung, goTools, startHung } from '../hung-program.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const signal = new AbortController().signal;

interface Made extends DelveCoreOptions {
  readonly goVersion: string;
}

/** One core per Go for which a Delve is at hand. */
async function makeCores(folder: TempFolder): Promise<Made[]> {
  const made: Made[] = [];
  for (const { path, version } of await goTools(signal)) {
    const delve = await findDelve({ goVersion: version, install: false }, signal);
    if (delve === undefined) continue;
    const exe = await buildHung(path, folder, `depot-${version}`);
    await using server = await startHung(exe, folder, signal);
    const core = `${exe}.core`;
    await gcore.capture(
      { target: localTarget(), pid: server.identity.pid, file: core, goVersion: version },
      signal,
    );
    await promisify(execFile)('fallocate', ['-d', core]);
    made.push({ goVersion: version, dlv: delve.path, exe, core, startTimeoutMs: 20_000 });
  }
  return made;
}

async function isGone(pid: number): Promise<boolean> {
  const gone = await poll(
    () =>
      access(`/proc/${pid}`).then(
        () => undefined,
        () => true,
      ),
    {
      signal,
      deadlineMs: 5000,
      everyMs: 10,
    },
  );
  return gone === true;
}

/** Stops a process and waits until all of its threads stand still. */
async function freeze(pid: number): Promise<void> {
  process.kill(pid, 'SIGSTOP');
  const still = async () => {
    const threads = await readdir(`/proc/${pid}/task`);
    const stats = await Promise.all(threads.map((id) => readFile(`/proc/${pid}/task/${id}/stat`, 'utf8')));
    return stats.every((stat) => parseProcStat(stat)?.state === 'T') ? true : undefined;
  };
  expect(await poll(still, { signal, deadlineMs: 5000, everyMs: 5 })).to.equal(true);
}

describe('Delve on a real core', () => {
  let folder: TempFolder;
  let made: Made[] = [];

  before(async function () {
    this.timeout(120_000);
    folder = await tempFolder();
    made = await makeCores(folder);
    if (made.length === 0) {
      console.error('    skipped: no Go with a Delve that reads its programs');
      this.skip();
    }
  });

  after(() => folder[Symbol.asyncDispose]());

  async function each(check: (session: DelveSession, made: Made) => Promise<void>): Promise<void> {
    for (const one of made) {
      await using session = await launchDelveCore(one, signal);
      await check(session, one);
    }
  }

  it('answers which Go made the program, and lists all goroutines alike in pages of any size', async () => {
    await each(async ({ client, version }, { goVersion }) => {
      expect(version.TargetGoVersion).to.include(goVersion);
      const all = await client.listGoroutines({ start: 0, count: 0 }, { signal });
      const paged = [];
      for await (const page of client.pages(7, { signal })) paged.push(...page);
      expect(paged).to.deep.equal(all.Goroutines);
      const stuck = all.Goroutines.filter(({ userCurrentLoc }) => userCurrentLoc.file.endsWith('/main.go'));
      expect(stuck).to.have.length.within(20, blockedGoroutines + 1);
    });
  });

  it('takes the texts of wait reasons from the program itself, though their numbers differ', async () => {
    await each(async ({ client }) => {
      const reasons = await readWaitReasons(client, { signal });
      const { Goroutines: all } = await client.listGoroutines({ start: 0, count: 0 }, { signal });
      const texts = new Set(all.map(({ waitReason }) => reasons.text(waitReason)));
      expect(reasons.source).to.equal('core');
      expect([...texts]).to.include.members(['chan send', 'sleep']);
      expect(reasons.text(4000)).to.equal('wait reason 4000');
    });
  });

  it('shows the stack of the consumer with inlined frames, and evaluates its channel there', async () => {
    await each(async ({ client }) => {
      const { Goroutines: all } = await client.listGoroutines({ start: 0, count: 0 }, { signal });
      const consumer = all.find(({ startLoc }) => startLoc.function?.name.includes('main.'));
      const ids = all.map(({ id }) => id);
      const stacks = await Promise.all(
        ids.map((id) => client.stacktrace({ id, depth: 50, load: fullLoad }, { signal })),
      );
      const at = stacks.findIndex((stack) => stack.some((f) => f.function?.name === 'main.(*depot).unpack'));
      const frames = stacks[at]?.map((frame) => frame.function?.name) ?? [];
      expect(consumer).to.not.equal(undefined);
      expect(frames).to.include.members(['runtime.chansend', 'main.(*depot).put', 'main.(*depot).unpack']);
      const frame = frames.indexOf('main.(*depot).unpack');
      const scope = { goroutineId: ids[at] ?? -1, frame };
      const field = await client.eval(scope, 'd.in', { signal });
      if (field.kind === 'unreadable') expect(field.reason).to.be.a('string').and.not.equal('');
      else {
        expect(field.variable).to.include({ type: 'chan main.parcel' });
        // Go 1.26 puts its heap anywhere, but far above the program itself.
        expect(field.variable.base).to.be.above(2 ** 32);
        expect(JSON.stringify(field.variable).length).to.be.below(64_000);
      }
      const nonsense = await client.eval(scope, 'no.such.thing', { signal });
      expect(nonsense).to.have.property('kind', 'unreadable');
    });
  });

  it('reads memory, packages, sources, functions and package variables', async () => {
    await each(async ({ client }, { goVersion }) => {
      const version = await client.eval(globalScope, 'runtime.buildVersion', { signal });
      expect(version.kind === 'value' && version.variable.value).to.equal(goVersion);
      expect((await client.examineMemory(0x400000, 4, { signal }))?.toString('latin1')).to.equal('\x7fELF');
      expect(await client.examineMemory(0x1000, 4, { signal })).to.equal(undefined);
      expect(await client.listSources('/main\\.go$', { signal })).to.have.length(1);
      expect(await client.listFunctions('^main\\.main$', { signal })).to.deep.equal(['main.main']);
      expect(await client.findLocation(globalScope, 'main.main', { signal })).to.have.length(1);
      const packages = await client.listPackages({ files: false }, { signal });
      const runtime = packages.find(({ ImportPath }) => ImportPath === 'runtime');
      expect(runtime?.DirectoryPath).to.match(/\/src\/runtime$/);
      expect((await client.listPackageVars('^runtime\\.allglen$', { signal }))[0]?.value).to.match(/^\d+$/);
      expect((await client.state({ signal })).Threads.length).to.be.above(0);
    });
  });

  it('saves the raw list of goroutines, the same in one page and in many', async () => {
    await each(async ({ client }, { core }) => {
      await client.saveRawGoroutines(`${core}.json`, { signal });
      const { result } = JSON.parse(await readFile(`${core}.json`, 'utf8'));
      const { Goroutines: all } = await client.listGoroutines({ start: 0, count: 0 }, { signal });
      expect(result.Goroutines.map((g: { id: number }) => g.id)).to.deep.equal(all.map(({ id }) => id));
    });
  });

  it('leaves no process behind when the session is disposed, or its start is aborted', async () => {
    const [one] = made;
    if (one === undefined) return;
    let pid = 0;
    {
      await using session = await launchDelveCore(one, signal);
      pid = session.pid;
    }
    expect(await isGone(pid)).to.equal(true);
    const controller = new AbortController();
    const starting = rejectsWith('interrupted', launchDelveCore(one, controller.signal));
    setImmediate(() => controller.abort());
    await starting;
  });

  it('says that Delve was killed when it dies during a call', async () => {
    const [one] = made;
    if (one === undefined) return;
    await using session = await launchDelveCore(one, signal);
    // A stopped Delve cannot answer before it is killed.
    await freeze(session.pid);
    const call = rejectsWith('undecided', session.client.listGoroutines({ start: 0, count: 0 }, { signal }));
    process.kill(session.pid, 'SIGKILL');
    const error = await call;
    expect(error.message).to.equal('Delve was killed by SIGKILL during ListGoroutines');
    expect(error.hint).to.be.a('string');
    expect(await isGone(session.pid)).to.equal(true);
  });

  it('says that Delve does not answer when it is stopped, and still ends it', async () => {
    const [one] = made;
    if (one === undefined) return;
    let pid = 0;
    {
      await using session = await launchDelveCore(one, signal);
      pid = session.pid;
      await freeze(pid);
      const error = await rejectsWith('undecided', session.client.state({ signal, timeoutMs: 100 }));
      expect(error.message).to.equal('Delve did not answer State within 0.1 s');
    }
    expect(await isGone(pid)).to.equal(true);
  });

  it('turns Delve’s own complaints into plain words', async () => {
    const [one] = made;
    if (one === undefined) return;
    const text = folder.file('text');
    await writeFile(text, 'no ELF file\n');
    const cases: readonly [Partial<DelveCoreOptions>, 'usage' | 'missing-tool', RegExp][] = [
      [{ core: one.exe }, 'usage', /no(t a)? core file/],
      [{ core: text }, 'usage', /ends too early|not a core/],
      [{ exe: folder.file('missing') }, 'usage', /cannot open .*missing: no such file/],
      [{ dlv: folder.file('missing') }, 'missing-tool', /cannot run .*ENOENT/],
    ];
    for (const [change, code, message] of cases) {
      const error = await rejectsWith(code, launchDelveCore({ ...one, ...change }, signal));
      expect(error.message).to.match(message);
      expect(error.hint).to.be.a('string');
    }
  });

  it('names the versions when Delve and the program do not fit together', async () => {
    const [first, second] = made;
    if (first === undefined || second === undefined) {
      console.error('    not looked at: it takes two Go versions, each with its Delve');
      return;
    }
    const { exe, core } = second;
    const error = await rejectsWith('missing-tool', launchDelveCore({ ...first, exe, core }, signal));
    expect(error.message).to.include(second.goVersion.replace(/^go/, ''));
  });

  it('leaves no folder of Delve’s behind, by whatever process', async () => {
    const [one] = made;
    if (one === undefined) return;
    const tmp = process.env['TMPDIR'];
    process.env['TMPDIR'] = folder.file('tmp');
    try {
      await mkdir(folder.file('tmp'));
      for (let round = 0; round < 3; round++) {
        await using session = await launchDelveCore(one, signal);
        await session.client.state({ signal });
      }
      const empty = async () => ((await readdir(folder.file('tmp'))).length === 0 ? true : undefined);
      expect(await poll(empty, { signal, deadlineMs: 2000, everyMs: 20 })).to.equal(true);
    } finally {
      if (tmp === undefined) delete process.env['TMPDIR'];
      else process.env['TMPDIR'] = tmp;
    }
  });

  it('gives up on a Delve that does not open the core in time', async () => {
    const [one] = made;
    if (one === undefined) return;
    const error = await rejectsWith('undecided', launchDelveCore({ ...one, startTimeoutMs: 1 }, signal));
    expect(error.message).to.match(/had not opened .* after 0.001 s/);
  });
});
