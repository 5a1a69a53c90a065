import { appendFile } from 'node:fs/promises';
import { expect } from 'chai';
import { createJournal, resumeJournal } from '../../lab/regress/journal.js';
import type { Plan } from '../../lab/regress/plan.js';
import { countsOf, type Results, resultsSchema } from '../../lab/regress/results.js';
import { listRegressions, listRuns } from '../../lab/store/run-store.js';
import { rejectsWith } from '../rejects.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';
import { cell } from './cells.js';

describe('the folder of a regression', () => {
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

  const first = cell();
  const second = cell({ variant: 'fixed' });
  const plan: Plan = {
    schema: 'lab.regress.plan/1',
    mode: 'live',
    startedAt: '2026-01-02T03:04:05.678Z',
    jobs: 2,
    timeLimitMs: 1000,
    keep: null,
    gos: [],
    delves: [],
    cells: [first, second].map(({ id, scenario, variant, go, delve }) => ({
      id,
      scenario,
      variant,
      go,
      delve,
    })),
  };
  const results = (dir: string): Results => ({
    schema: 'lab.regress/1',
    dir,
    mode: 'live',
    startedAt: plan.startedAt,
    endedAt: plan.startedAt,
    ms: 1,
    lab: { version: '0.1.0', gitCommit: null },
    machine: { os: 'linux', arch: 'x64', cpus: 2, memoryBytes: 1 },
    counts: countsOf([first, second]),
    exitCode: 0,
    baseline: null,
    cells: [first, second],
  });

  it('is one of its own for each of two at the same second, and no run', async () => {
    const [one, other] = [await createJournal(plan), await createJournal(plan)];
    expect(one.dir).not.to.equal(other.dir);
    expect(await listRuns()).to.deep.equal([]);
    expect(await listRegressions()).to.have.members([one.dir, other.dir]);
  });

  it('knows after an interruption what has ended, whatever became of the last line', async () => {
    const journal = await createJournal(plan);
    await journal.append(first);
    await appendFile(journal.file('cells.jsonl'), '{"id":"shop-fi');
    const resumed = await resumeJournal(undefined);
    expect(resumed.results).to.deep.equal([first]);
    await resumed.append(second);
    expect((await resumeJournal(journal.dir)).results).to.deep.equal([first, second]);
  });

  it('is not resumed when it is over, or was none', async () => {
    await rejectsWith('usage', resumeJournal(undefined));
    const journal = await createJournal(plan);
    const document = results(journal.dir);
    await journal.finish(document);
    expect(resultsSchema.parse(document)).to.deep.equal(document);
    const error = await rejectsWith('usage', resumeJournal(journal.dir));
    expect(error.message).to.contain('is over');
  });

  it('keeps a result that it could not write, and says so', async () => {
    const journal = await createJournal(plan);
    await folder[Symbol.asyncDispose]();
    await journal.append(first);
    expect(journal.results).to.deep.equal([first]);
    expect(journal.unsaved()?.message).to.contain('cells.jsonl');
  });
});
