import { existsSync } from 'node:fs';
import { appendFile, readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { type CellResult, type Results, resultsSchema } from '../../lab/regress/results.js';
import { type ChildProcess, type LabProcess, orphansOf, startLab } from '../lab-process.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

describe('a regression that is disturbed', function () {
  this.timeout(240_000);
  let folder: TempFolder;

  beforeEach(async () => {
    folder = await tempFolder();
  });
  afterEach(async () => {
    await folder[Symbol.asyncDispose]();
  });

  const regress = (only: string, ...options: readonly string[]): LabProcess =>
    startLab(['regress', '--json', '--only', only, '--jobs', '2', ...options], { LAB_RUNS: folder.path });

  it('calls unknown what was broken, loses no cell, and goes on with the others', async () => {
    const running = regress('{blog,catalog,thumbnails}');
    const driven = (cell: string) => () => inDrive(folder.path, cell);
    await Promise.all([
      killing(running, /thumbnails-faulty-\S*server --addr=/, driven('thumbnails-faulty')),
      killing(running, /cell-child.*"thumbnails","fixed":true/, driven('thumbnails-fixed')),
      killing(running, /gdb.* gcore .*blog-fixed/, () => halfWritten(folder.path, 'blog-fixed')),
      killing(running, /dlv core .*catalog-faulty/),
    ]);
    const { exitCode, stdout, stderr } = await running.ended;
    expect(exitCode, stderr).to.equal(2);
    expect(await orphansOf(running)).to.deep.equal([]);
    const { cells } = resultsOf(stdout);
    expect(await halfCores(folder.path)).to.deep.equal([]);
    expect(verdicts(cells)).to.deep.equal({
      'catalog faulty': 'unknown',
      'catalog fixed': 'confirmed',
      'blog faulty': 'confirmed',
      'blog fixed': 'unknown',
      'thumbnails faulty': 'unknown',
      'thumbnails fixed': 'unknown',
    });
    const said = (name: string): string => cells.find(({ id }) => id.startsWith(name))?.summary ?? '';
    expect(said('thumbnails-faulty')).to.match(/killed/);
    expect(said('thumbnails-fixed')).to.match(/without a result during load: killed by SIGKILL/);
    expect(said('blog-fixed')).to.match(/during capture: gdb was ended by SIGKILL/);
    expect(said('catalog-faulty')).to.match(/during analyze: .*Delve/);
  });

  it('ends what hangs beyond its time limit, with all that it started', async () => {
    const running = regress('gossip', '--time-limit', '2');
    // One that does not even hear that it is to end.
    const stopped = await running.child(/cell-child.*"fixed":true/);
    process.kill(stopped.pid, 'SIGSTOP');
    const { exitCode, stdout, stderr } = await running.ended;
    expect(exitCode, stderr).to.equal(2);
    expect(await orphansOf(running)).to.deep.equal([]);
    expect(await halfCores(folder.path)).to.deep.equal([]);
    const cell = resultsOf(stdout).cells.find(({ variant }) => variant === 'fixed');
    expect(cell).to.include({ verdict: 'unknown' });
    expect(cell?.summary).to.match(/^not done within 2 s/);
  });

  it('is two regressions at once without harm to either', async () => {
    const both = [regress('gossip'), regress('gossip')];
    const ends = await Promise.all(both.map(({ ended }) => ended));
    const dirs = ends.map(({ exitCode, stdout, stderr }) => {
      expect(exitCode, stderr).to.equal(0);
      return resultsOf(stdout).dir;
    });
    expect(new Set(dirs).size).to.equal(2);
    expect((await Promise.all(both.map(orphansOf))).flat()).to.deep.equal([]);
  });

  it('ends within seconds at Ctrl-C, and resumes with what is missing', async () => {
    const running = startLab(['regress', '--only', 'gossip', '--jobs', '1'], {
      LAB_RUNS: folder.path,
    });
    await running.said('1/2 ');
    await running.child(/--addr=/);
    const began = performance.now();
    running.kill('SIGINT');
    const { exitCode, stderr } = await running.ended;
    expect(performance.now() - began).to.be.below(10_000);
    expect(exitCode, stderr).to.equal(130);
    expect(await orphansOf(running)).to.deep.equal([]);
    const dir = /--resume (\S+)/.exec(stderr)?.[1] ?? '';
    const before = await lines(dir);
    expect(before).to.have.length(1);
    // As if it had been killed while it wrote.
    await appendFile(join(dir, 'cells.jsonl'), '{"id":"gossip-fau');

    const resumed = startLab(['regress', '--resume', dir, '--json'], { LAB_RUNS: folder.path });
    const end = await resumed.ended;
    expect(end.exitCode, end.stderr).to.equal(0);
    expect(resultsOf(end.stdout).cells.map(({ verdict }) => verdict)).to.deep.equal(
      Array.from({ length: 2 }, () => 'confirmed'),
    );
    const after = await lines(dir);
    expect(after.slice(0, before.length)).to.deep.equal(before);
    expect(new Set(after.map(({ id }) => id)).size).to.equal(after.length);

    const again = await startLab(['regress', '--resume', dir], { LAB_RUNS: folder.path }).ended;
    expect(again.exitCode, again.stderr).to.equal(64);
  });

  it('leaves nothing running when it is killed itself', async () => {
    const env = { LAB_RUNS: folder.file('runs'), TMPDIR: folder.path };
    const running = startLab(['regress', '--only', 'gossip'], env);
    await running.child(/--addr=/);
    running.kill('SIGKILL');
    await running.ended;
    const gone = await poll(() => (running.children().length === 0 ? true : undefined), {
      signal,
      deadlineMs: 15_000,
      everyMs: 50,
    });
    expect(gone, JSON.stringify(running.children())).to.equal(true);
    expect(await readdir(folder.path)).to.deep.equal(['runs']);
  });

  it('calls every cell unknown, and tells them all, when the disk is full', async function () {
    const mounted = await execa('mount', ['-t', 'tmpfs', '-o', 'size=100m', 'none', folder.path], {
      reject: false,
    });
    if (mounted.exitCode !== 0) this.skip(); // only root may mount
    try {
      const running = regress('gossip');
      await running.child(/--addr=/);
      await fill(folder.path);
      const { exitCode, stdout, stderr } = await running.ended;
      expect(exitCode, stderr).to.equal(2);
      expect(await orphansOf(running)).to.deep.equal([]);
      expect(verdicts(resultsOf(stdout).cells)).to.deep.equal({
        'gossip faulty': 'unknown',
        'gossip fixed': 'unknown',
      });
      expect(stderr).to.contain('not saved').and.to.contain('cells.jsonl');
    } finally {
      await execa('umount', ['--lazy', folder.path], { reject: false });
    }
  });
});

/** Kills the first child that matches, once `when` holds. */
async function killing(
  running: LabProcess,
  pattern: RegExp,
  when: () => Promise<boolean> = async () => true,
): Promise<ChildProcess> {
  const seen = await poll(
    async () => {
      const child = running.children().find(({ commandLine }) => pattern.test(commandLine));
      return child !== undefined && (await when()) ? child : undefined;
    },
    { signal, deadlineMs: 120_000, everyMs: 3 },
  );
  if (seen === undefined) throw new Error(`no child matches ${pattern}`);
  process.kill(seen.pid, 'SIGKILL');
  return seen;
}

/** The folder of the run of a cell, once it is there. */
async function runOf(runs: string, cell: string): Promise<string | undefined> {
  const [regression] = (await readdir(runs)).filter((name) => name.endsWith('-regress'));
  const cells = join(runs, regression ?? '', 'cells');
  const id = (await readdir(cells).catch(() => [])).find((name) => name.startsWith(cell));
  const [run] = id === undefined ? [] : await readdir(join(cells, id)).catch(() => []);
  return id === undefined || run === undefined ? undefined : join(cells, id, run);
}

/** Whether the requests of a cell's schedule are under way. */
async function inDrive(runs: string, cell: string): Promise<boolean> {
  const run = await runOf(runs, cell);
  const text = run === undefined ? '' : await readFile(join(run, 'run.json'), 'utf8').catch(() => '');
  return /"load": \{\s*"state": "running"/.test(text);
}

/** Whether gdb has begun to write a cell's core. */
async function halfWritten(runs: string, cell: string): Promise<boolean> {
  const run = await runOf(runs, cell);
  const workshop = (await readdir(run ?? runs)).find((name) => name.startsWith('.capture-'));
  const core = join(run ?? runs, workshop ?? '', 'core');
  return workshop !== undefined && existsSync(core) && (await stat(core)).size > 0;
}

/** What captures that were cut off left behind. */
async function halfCores(runs: string): Promise<readonly string[]> {
  return (await readdir(runs, { recursive: true })).filter((name) => /\.capture-[^/]*$/.test(name));
}

/** Writes until nothing more fits. */
async function fill(disk: string): Promise<void> {
  for (const size of [1 << 20, 4096, 1]) {
    try {
      for (;;) await appendFile(join(disk, 'filler'), Buffer.alloc(size));
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
    }
  }
}

async function lines(dir: string): Promise<readonly { readonly id: string }[]> {
  const text = await readFile(join(dir, 'cells.jsonl'), 'utf8');
  return text.split('\n').flatMap((line) => {
    try {
      return [Object(JSON.parse(line))];
    } catch {
      return [];
    }
  });
}

function resultsOf(stdout: string): Results {
  return resultsSchema.parse(JSON.parse(stdout));
}

function verdicts(cells: readonly CellResult[]): Record<string, string> {
  return Object.fromEntries(
    cells.map(({ scenario, variant, verdict }) => [`${scenario} ${variant}`, verdict]),
  );
}
