import { dirname } from 'node:path';
import { analyzeCore } from '../analysis/analyze-core.js';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import { bundleSchema } from '../capture/bundle.js';
import { runCell } from '../cell.js';
import { scenarioNamed } from '../config.js';
import { toLabError } from '../errors.js';
import type { Emit } from '../events.js';
import { complaints, expectations, expectationsOfFixed } from '../expectation.js';
import { writeJson } from '../json-file.js';
import { stageResult } from '../store/run-record.js';
import { concludeDiagnosis } from '../verdict.js';
import { writeBundlePage, writeRunPage } from './cell-page.js';
import { describeExpected, describeFound } from './describe.js';
import { taskChild } from './task-child.js';
import { type Line, markPrefix, type Outcome, type Task, taskSchema } from './wire.js';

const child = taskChild('the regression', markPrefix);

const say = (line: Line): void => child.say(line);
const stages: Record<string, number> = {};
let current: string | undefined;
const emit: Emit = (event) => {
  if (event.type === 'stage-started') {
    current = event.stage;
    say({ type: 'stage', stage: event.stage });
  }
  if (event.type === 'stage-finished') stages[event.stage] = Math.round(event.ms);
};

let last: Line;
try {
  const task = taskSchema.parse(JSON.parse(process.argv[2] ?? ''));
  const outcome = task.kind === 'run' ? await run(task) : await analyze(task);
  last = { type: 'done', outcome };
} catch (thrown) {
  const { code, message, hint } = toLabError(thrown);
  const error = { code, message, ...(hint === undefined ? {} : { hint }) };
  last = { type: 'failed', error, ...(current === undefined ? {} : { stage: current }) };
}
child.end(last);

async function run(task: Extract<Task, { kind: 'run' }>): Promise<Outcome> {
  const { config, go, delve, built } = task;
  const result = await runCell(config, emit, child.signal, { go, delve, built });
  const { hang, diagnosis, conclusion, differences, peakRssBytes, run } = result;
  await writeRunPage(run);
  const captured = stageResult(run.record.stages['capture'], bundleSchema);
  const scenario = scenarioNamed(config.scenario);
  return {
    hang: { kind: hang.kind, why: hang.why },
    ...said(diagnosis),
    verdict: conclusion.verdict,
    summary: conclusion.summary,
    reasons: conclusion.reasons,
    expected: describeExpected(scenario, config.fixed),
    found: describeFound(diagnosis, hang),
    differences: [...differences],
    stages,
    peakRssBytes: Math.max(peakRssBytes, diagnosis?.stats.peakRssBytes ?? 0),
    ...(captured === undefined
      ? {}
      : { bundle: { exe: captured.exe, core: captured.core, buildId: captured.buildId } }),
  };
}

async function analyze(task: Extract<Task, { kind: 'analyze' }>): Promise<Outcome> {
  const { exe, core, dlv, sourceMap, goRoot, fixed } = task;
  const scenario = scenarioNamed(task.scenario);
  say({ type: 'stage', stage: 'analyze' });
  const began = performance.now();
  const diagnosis = await analyzeCore({ exe, core, delve: dlv, sourceMap, goRoot }, () => {}, child.signal);
  await writeJson(task.saveTo, diagnosis);
  const ms = Math.round(performance.now() - began);
  await writeBundlePage(diagnosis, sourceMap, dirname(task.saveTo));
  const { verdict, summary, reasons } = concludeDiagnosis(diagnosis, scenario, fixed);
  const rows = fixed ? expectationsOfFixed(diagnosis) : expectations(diagnosis, scenario);
  return {
    ...said(diagnosis),
    verdict,
    summary,
    reasons,
    expected: describeExpected(scenario, fixed),
    found: describeFound(diagnosis),
    differences: complaints(rows),
    stages: { analyze: ms },
    peakRssBytes: Math.max(diagnosis.stats.peakRssBytes, process.resourceUsage().maxRSS * 1024),
  };
}

function said(diagnosis: Diagnosis | undefined): Pick<Outcome, 'diagnosis'> {
  if (diagnosis === undefined) return {};
  const { verdict, summary, process: seen } = diagnosis;
  return { diagnosis: { verdict, summary, goVersion: seen.goVersion } };
}
