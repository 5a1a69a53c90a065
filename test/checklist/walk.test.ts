import { readFile, stat } from 'node:fs/promises';
import { expect } from 'chai';
import { valueIn } from '../../lab/checklist/observation.js';
import { walkCore } from '../../lab/checklist/walk.js';
import { checkLines } from '../../lab/checklist/walk-dialogue.js';
import { type Walk, walkSchema } from '../../lab/checklist/walk-record.js';
import { localTarget } from '../../lab/targets/local.js';
import { findDelve, findGdb } from '../../lab/toolchain/index.js';
import { processTable } from '../process-table.js';
import { articleDiagnosis } from './article.js';
import { buildStuck, type StuckProgram, type StuckServer } from './stuck-server.js';

const { signal } = new AbortController();

describe('the walk through a core', function () {
  this.timeout(120_000);
  const target = localTarget();
  let program: StuckProgram | undefined;
  let server: StuckServer | undefined;
  let dlv: string;
  let core: string;

  before('takes the core of a hung server', async function () {
    program = await buildStuck(target);
    const gdb = await findGdb(target, signal);
    const delve =
      program === undefined
        ? undefined
        : await findDelve({ goVersion: program.go.version, install: false }, signal);
    if (program === undefined || gdb === undefined || delve === undefined) {
      console.log('      skipped: Go, gdb (for gcore) and a Delve that fits are needed');
      return this.skip();
    }
    dlv = delve.path;
    server = await program.start({ hang: true });
    const { pid } = server.process.identity;
    core = server.folder.file(`core.${pid}`);
    await target.exec(['gcore', '-o', server.folder.file('core'), String(pid)], { signal });
    await server.process.kill('SIGKILL');
    await target.exec(['fallocate', '-d', core], { signal });
    expect((await stat(core)).size).to.be.greaterThan(1_000_000);
  });
  after(async () => {
    await server?.[Symbol.asyncDispose]();
    await program?.[Symbol.asyncDispose]();
  });

  const consumer = 'main.(*mailbox).consume';
  const walk = async (id: number, start: string): Promise<Walk> => {
    if (program === undefined || server === undefined) throw new Error('no core');
    const diagnosis = articleDiagnosis({ id, elemType: 'int', start });
    const exe = program.exe;
    return walkSchema.parse(await walkCore({ dlv, exe, core, dir: server.folder.path, diagnosis, signal }));
  };

  it('fetches the list, tabulates it, finds the goroutine and prints its stack and value', async () => {
    const first = await walk(1, consumer);
    const rows = JSON.parse(await readFile(`${server?.folder.path}/list_goroutines.json`, 'utf8'));
    const blamed = rows.result.Goroutines.find((one: { startLoc: { function?: { name: string } } }) =>
      /consume$|main\.main\.(gowrap|func)1$/.test(one.startLoc.function?.name ?? ''),
    );
    const seen = await walk(blamed.id, consumer);

    expect(valueIn(first.listening)).to.match(/^127\.0\.0\.1:\d+$/);
    expect(valueIn(seen.list)).to.include({ complete: true, file: 'list_goroutines.json' });
    const table = valueIn(seen.table) ?? [];
    expect(table.some((row) => row.function === 'main.(*mailbox).ServeHTTP')).to.equal(true);
    expect(valueIn(seen.start)?.ids).to.deep.equal([blamed.id]);
    const stack = valueIn(seen.stack);
    expect(stack).to.include({ goroutine: blamed.id, switched: true });
    const names = stack?.frames.map((frame) => frame.function) ?? [];
    expect(names).to.include.members(['runtime.chansend', 'main.(*mailbox).forward', consumer]);
    expect(valueIn(seen.sending)).to.match(/^[123]$/);

    const ids = seen.records.map(({ id }) => id);
    expect(ids.slice(0, 2)).to.deep.equal(['dlv-headless', 'list-goroutines']);
    expect(ids).to.include.members(['dlv-stack', 'dlv-proof']);
    expect(seen.records.find(({ id }) => id === 'dlv-proof')?.input).to.not.contain('source');
  });

  it('leaves no Delve and no log of it behind', async () => {
    await walk(1, consumer);
    const left = await target.exec(['ls', server?.folder.path ?? '.'], { signal });
    expect(left.stdout).to.not.contain('headless');
    expect(processTable().filter(({ commandLine }) => commandLine.includes(core))).to.deep.equal([]);
  });

  it('says why it saw nothing when Delve is missing', async () => {
    if (program === undefined || server === undefined) throw new Error('no core');
    const { exe } = program;
    const dir = server.folder.path;
    const lost = await walkCore({ dlv: 'no-dlv', exe, core, dir, diagnosis: articleDiagnosis(), signal });
    expect(lost.listening.kind).to.equal('not-observed');
    expect(lost.stack.kind).to.equal('not-observed');
    expect(lost.records).to.deep.equal([]);
  });

  it('ends at once when it is interrupted', async () => {
    const controller = new AbortController();
    const { exe } = program as StuckProgram;
    const dir = server?.folder.path ?? '.';
    const walking = walkCore({
      dlv,
      exe,
      core,
      dir,
      diagnosis: articleDiagnosis(),
      signal: controller.signal,
    });
    controller.abort();
    const thrown = await walking.catch((error: unknown) => error);
    expect(thrown).to.have.property('name').that.is.oneOf(['LabError', 'AbortError']);
  });
});

describe('the checks of an evidence', () => {
  it('are typed when they read', () => {
    const check = 'goroutine 20; frame 2; print c; frame 4 print m.inChannel; goroutines -with user';
    expect(checkLines(check)).to.deep.equal(check.split('; '));
  });

  it('are not typed when they could write files or run programs', () => {
    for (const bad of [
      'source x',
      'edit',
      'goroutines -exec source x',
      'goroutine 1 source x',
      'dump /etc/x',
    ]) {
      expect(checkLines(`print 1; ${bad}\ntranscript /etc/x`), bad).to.deep.equal(['print 1']);
    }
  });
});
