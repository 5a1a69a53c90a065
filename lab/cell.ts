import type { Diagnosis } from './analysis/model/diagnosis.js';
import type { LabConfig } from './config.js';
import { toLabError } from './errors.js';
import type { Emit } from './events.js';
import { complaints, expectations, expectationsOfFixed } from './expectation.js';
import { observeServer } from './experiment.js';
import { analyzeRun } from './findings.js';
import type { HangOutcome } from './hang/outcome.js';
import { plannedIn, type Tools } from './stages/index.js';
import type { Conclusion } from './store/run-record.js';
import { createRun, type Run } from './store/run-store.js';
import { concludeDiagnosis, concludeHang, conclusion } from './verdict.js';

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
 * reports. Ports are free ones unless the configuration names some; other tools than those at hand may be named.
 * The server is gone when this returns or throws. What broke is thrown, with its stage saved in the run's folder
 * and the run concluded as `unknown`.
 */
export async function runCell(
  config: LabConfig,
  emit: Emit,
  signal: AbortSignal,
  tools: Tools = {},
): Promise<CellResult> {
  const run = await createRun({ ...config, port: config.port ?? 0, pprofPort: config.pprofPort ?? 0 });
  const ms: Record<string, number> = {};
  const timed: Emit = (event) => {
    if (event.type === 'stage-finished') ms[event.stage] = Math.round(event.ms);
    emit(event);
  };
  try {
    const { hang, captured } = await observeServer(run, { quick: true, tools }, timed, signal);
    const diagnosis = captured
      ? await analyzeRun(run, timed, signal, { delve: tools.delve?.path })
      : undefined;
    const judged = judge(run, hang, diagnosis);
    await run.conclude(judged.conclusion);
    return {
      ...{ run, hang, ms, ...judged, peakRssBytes: process.resourceUsage().maxRSS * 1024 },
      ...(diagnosis === undefined ? {} : { diagnosis }),
    };
  } catch (thrown) {
    const { message } = toLabError(thrown);
    // A full disk must not hide what broke.
    await run.conclude(conclusion('unknown', message, [message])).catch(() => {});
    throw thrown;
  }
}

function judge(run: Run, hang: HangOutcome, diagnosis: Diagnosis | undefined) {
  const { config, scenario } = plannedIn(run);
  const seen = concludeHang(hang, config.fixed);
  if (diagnosis === undefined) return { conclusion: seen, differences: [] };
  const rows = config.fixed ? expectationsOfFixed(diagnosis) : expectations(diagnosis, scenario);
  return {
    conclusion: seen.verdict === 'confirmed' ? concludeDiagnosis(diagnosis, scenario, config.fixed) : seen,
    differences: complaints(rows),
  };
}
