import type { Diagnosis } from './analysis/diagnosis.js';
import type { LabConfig } from './config.js';
import { keepBusy, load } from './drive/stage.js';
import type { Emit, LabEvent } from './events.js';
import { complaints, expectations, expectationsOfFixed } from './expectation.js';
import { analyzeRun } from './findings.js';
import { type HangOutcome, hasFault, hasSurvived } from './hang/outcome.js';
import {
  build,
  capture,
  plannedIn,
  provision,
  type StageContext,
  start,
  stop,
  type Tools,
} from './stages.js';
import { recordSeries } from './store/recorder.js';
import type { Conclusion } from './store/run-record.js';
import { createRun, type Run } from './store/run-store.js';
import { localTarget } from './targets/local.js';
import { concludeDiagnosis, concludeHang } from './verdict.js';

/** What a scenario, or its repaired twin, came to without the looks from outside and the comparisons. */
export interface CellResult {
  /** Its folder, with the bundle and everything that a run leaves. */
  readonly run: Run;
  readonly hang: HangOutcome;
  /** Absent when no core was taken, since the expected did not happen. */
  readonly diagnosis?: Diagnosis;
  readonly conclusion: Conclusion;
  /** Where the diagnosis is not the expected one, one sentence each; empty without a diagnosis. */
  readonly differences: readonly string[];
  /** Milliseconds of each stage. */
  readonly ms: Readonly<Record<string, number>>;
  /** The most memory that this process had so far, bytes; Delve's is its own. */
  readonly peakRssBytes: number;
}

/**
 * One scenario in seconds: from the tools to the verdict, without curl, gdb's look, SIGQUIT, the article and the
 * reports. Other tools than those at hand may be named. Ports are free ones unless the configuration names some. The server is gone when this returns or
 * throws; what broke is thrown, with its stage saved in the run's folder.
 */
export async function runCell(
  config: LabConfig,
  emit: Emit,
  signal: AbortSignal,
  tools: Tools = {},
): Promise<CellResult> {
  const run = await createRun({ ...config, port: config.port ?? 0, pprofPort: config.pprofPort ?? 0 });
  const ms: Record<string, number> = {};
  const timed: Emit = (event: LabEvent) => {
    if (event.type === 'stage-finished') ms[event.stage] = Math.round(event.ms);
    emit(event);
  };
  const { hang, captured } = await observe(run, tools, timed, signal);
  const { config: planned, scenario } = plannedIn(run);
  const seen = concludeHang(hang, planned.fixed);
  const diagnosis = captured ? await analyzeRun(run, timed, signal, tools.delve?.path) : undefined;
  const decided = diagnosis !== undefined && seen.verdict === 'confirmed';
  const conclusion = decided ? concludeDiagnosis(diagnosis, scenario, planned.fixed) : seen;
  await run.conclude(conclusion);
  const rows =
    diagnosis === undefined
      ? []
      : planned.fixed
        ? expectationsOfFixed(diagnosis)
        : expectations(diagnosis, scenario);
  return {
    run,
    hang,
    ...(diagnosis === undefined ? {} : { diagnosis }),
    conclusion,
    differences: complaints(rows),
    ms,
    peakRssBytes: process.resourceUsage().maxRSS * 1024,
  };
}

/** Everything that needs the server to live. */
async function observe(
  run: Run,
  tools: Tools,
  emit: Emit,
  signal: AbortSignal,
): Promise<{ readonly hang: HangOutcome; readonly captured: boolean }> {
  await using target = localTarget();
  await using series = recordSeries(run.file);
  const context: StageContext = {
    run,
    target,
    signal,
    tools,
    emit: (event) => {
      series.emit(event);
      emit(event);
    },
  };
  await provision(context);
  await build(context);
  const server = await start(context);
  await using _server = server.process;
  const hang = await load(context, server);
  const { fixed } = plannedIn(run).config;
  const survived = fixed && hasSurvived(hang);
  const captured = survived || hasFault(hang);
  if (captured) await capture(context, server, survived ? () => keepBusy(context, server) : undefined);
  // What hangs does not end by itself: asking it to would only cost the time of its patience.
  if (hasFault(hang)) await server.process.kill('SIGKILL');
  await stop(context, server);
  return { hang, captured };
}
