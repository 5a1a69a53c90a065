import { existsSync } from 'node:fs';
import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect } from 'chai';
import { z } from 'zod';
import { parseConfig } from '../../lab/config.js';
import { LabError } from '../../lab/errors.js';
import { goServerFolder } from '../../lab/paths.js';
import { otherSourcesFolder, sourceMapOf } from '../../lab/run-sources.js';
import { createRun, listRuns, openRun } from '../../lab/store/run-store.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

describe('the run store', () => {
  let folder: TempFolder;
  const before = process.env['LAB_RUNS'];

  beforeEach(async () => {
    folder = await tempFolder();
    process.env['LAB_RUNS'] = folder.path;
  });

  afterEach(async () => {
    if (before === undefined) delete process.env['LAB_RUNS'];
    else process.env['LAB_RUNS'] = before;
    await folder[Symbol.asyncDispose]();
  });

  it('gives two runs of the same second two folders, readable by their owner alone', async () => {
    const [one, two] = [await createRun(parseConfig({})), await createRun(parseConfig({}))];
    expect(one.dir).not.to.equal(two.dir);
    expect((await stat(one.dir)).mode & 0o077).to.equal(0);
    expect(await listRuns()).to.have.members([one.dir, two.dir]);
  });

  it('has the libraries of its program where the lab has them, and in a kit where the kit does', async () => {
    const run = await createRun(parseConfig({ scenario: 'orders' }));
    await mkdir(run.file('sources/orders'), { recursive: true });
    const lies = (path: string) => {
      const one = sourceMapOf(run).find(({ from }) => `${path}/`.startsWith(`${from.replace(/\/$/, '')}/`));
      return one && join(one.to, path.slice(one.from.length));
    };
    const pgx = join(goServerFolder, 'vendor/github.com/jackc/pgx/v5/conn.go');
    expect(existsSync(pgx)).to.equal(true);
    expect(lies(pgx)).to.equal(pgx);
    expect(lies(join(goServerFolder, 'orders/shop.go'))).to.equal(run.file('sources/orders/shop.go'));
    await mkdir(run.file(otherSourcesFolder));
    expect(sourceMapOf(run).map(({ to }) => to)).not.to.include(join(goServerFolder, 'vendor'));
  });

  it('keeps the result of a stage on disk for whoever opens the run next', async () => {
    const run = await createRun(parseConfig({ fixed: true }));
    await run.stage('build', async () => ({ exe: '/tmp/server' }));
    const again = await openRun(run.dir);
    expect(again.record.config.fixed).to.equal(true);
    expect(again.resultOf('build', z.object({ exe: z.string() }))).to.deep.equal({ exe: '/tmp/server' });
  });

  it('keeps why a stage failed, and throws it on', async () => {
    const run = await createRun(parseConfig({}));
    const failure = new LabError('no', { code: 'no-space', hint: 'make room' });
    const error = await rejectsWith(
      'no-space',
      run.stage('capture', () => Promise.reject(failure)),
    );
    expect(error).to.equal(failure);
    const { stages } = (await openRun(run.dir)).record;
    expect(stages['capture']).to.deep.include({
      state: 'failed',
      error: { code: 'no-space', message: 'no', hint: 'make room' },
    });
  });

  it('shows a stage as running while it works, so that a killed lab leaves the truth', async () => {
    const run = await createRun(parseConfig({}));
    await run.stage('load', async () => {
      expect((await openRun(run.dir)).record.stages['load']?.state).to.equal('running');
    });
  });

  it('knows a stage whose lab is gone as killed, and keeps what that one had to leave', async () => {
    const run = await createRun(parseConfig({}));
    await run.stage('start', async (keep) => {
      await keep({ pid: 7 });
      const seen = (await openRun(run.dir)).record.stages['start'];
      expect(seen).to.deep.include({ state: 'running', result: { pid: 7 } });
      // As the lab would leave it that is killed now.
      const text = await readFile(run.file('run.json'), 'utf8');
      await writeFile(run.file('run.json'), text.replace(/"startTicks": \d+/, '"startTicks": 1'));
      const left = await openRun(run.dir);
      expect(left.record.stages['start']).to.deep.include({ state: 'killed', result: { pid: 7 } });
      expect(() => left.resultOf('start', z.looseObject({}))).to.throw(LabError, 'stage start is killed');
    });
  });

  it('names the stage to do first when a result is missing', async () => {
    const run = await createRun(parseConfig({}));
    expect(() => run.resultOf('start', z.object({}))).to.throw(LabError, 'stage start is not done');
  });

  it('is no longer concluded when another server is started for it', async () => {
    const run = await createRun(parseConfig({}));
    await run.conclude({ verdict: 'unknown', exitCode: 130, summary: 'interrupted', reasons: [] });
    await run.stage('start', async () => ({ pid: 1 }));
    expect((await openRun(run.dir)).record.conclusion).to.equal(null);
  });

  it('takes no empty name for the current folder', async () => {
    for (const name of ['', ' '])
      expect((await rejectsWith('usage', openRun(name))).message).to.contain('name a run');
  });

  it('refuses a run.json that is damaged, naming it', async () => {
    const run = await createRun(parseConfig({}));
    const text = await readFile(run.file('run.json'), 'utf8');
    await writeFile(run.file('run.json'), text.slice(0, text.length / 2));
    const error = await rejectsWith('usage', openRun(run.dir));
    expect(error.message).to.contain('run.json');
  });
});
