import { join } from 'node:path';
import type { Diagnosis } from './analysis/model/diagnosis.js';
import { captureMethod } from './capture/index.js';
import type { ChecklistRow } from './checklist/row.js';
import { keepBusy, load } from './drive/stage.js';
import { messageOf, toLabError } from './errors.js';
import type { Emit } from './events.js';
import { analyzeRun, type Concluded, compareWithArticle, coreNameOf, walkThere } from './findings.js';
import { type HangOutcome, hasFault, hasSurvived } from './hang/outcome.js';
import { writeReports } from './report/run-files.js';
import type { RunningServer } from './server/start.js';
import {
  build,
  capture,
  connect,
  delveThereOf,
  folderOn,
  leaveFolder,
  plannedIn,
  provision,
  quit,
  type StageContext,
  start,
  stop,
  symptoms,
  type Tools,
} from './stages/index.js';
import { recordSeries } from './store/recorder.js';
import type { Conclusion } from './store/run-record.js';
import type { Run } from './store/run-store.js';
import { delveThere } from './targets/delve-there.js';
import { concludeChecklist, concludeDiagnosis, concludeHang, conclusion as conclusionOf } from './verdict.js';

export interface Result {
  readonly conclusion: Conclusion;
  readonly diagnosis?: Diagnosis;
  readonly checklist: readonly ChecklistRow[];
}

/** Called as soon as the verdict is known; the comparison with the article comes after it. */
export type OnVerdict = (conclusion: Conclusion, diagnosis: Diagnosis | undefined) => void;

/**
 * The whole experiment. Every stage is saved in the run's folder before the next one begins; the server is
 * gone before its core is analysed, and whatever happens, when this returns or throws.
 */
export async function runExperiment(
  run: Run,
  emit: Emit,
  signal: AbortSignal,
  onVerdict: OnVerdict = () => {},
): Promise<Result> {
  try {
    const { hang, captured, ...there } = await observeServer(run, {}, emit, signal);
    const { scenario, config } = plannedIn(run);
    const seen = concludeHang(hang, config.fixed);
    if (!captured) return await finish(run, emit, signal, onVerdict, { conclusion: seen });
    const diagnosis = there.diagnosis ?? (await analyzeRun(run, emit, signal));
    const verdict =
      seen.verdict === 'confirmed' ? concludeDiagnosis(diagnosis, scenario, config.fixed) : seen;
    return await finish(run, emit, signal, onVerdict, { ...there, conclusion: verdict, diagnosis });
  } catch (thrown) {
    const error = toLabError(thrown);
    await run.conclude(conclusionOf('unknown', error.message, [messageOf(error)])).catch(() => {});
    throw thrown;
  }
}

/** With what was concluded on the target, when Delve reads the core there. */
export interface Observed extends Concluded {
  readonly hang: HangOutcome;
  /** Whether a core was taken: the fault showed, or the repaired twin bore everything. */
  readonly captured: boolean;
}

export interface ObserveOptions {
  /** Nothing but the core is taken: no look by curl, pprof and gdb, no SIGQUIT. */
  readonly quick?: boolean;
  readonly tools?: Tools;
}

/** Everything that needs the server to live: from the tools to the core. The server is gone afterwards. */
export async function observeServer(
  run: Run,
  { quick = false, tools }: ObserveOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<Observed> {
  await using target = await connect(run, emit, signal);
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
  await using _folder = { [Symbol.asyncDispose]: () => leaveFolder(target, run) };
  await provision(context);
  await build(context);
  const server = await start(context);
  await using _server = server.process;
  const hang = await load(context, server);
  if (hasFault(hang)) {
    await (quick ? captureOnly(context, server) : captureWithLooks(context, server));
    return { hang, captured: true, ...(await analyzedThere(context, quick)) };
  }
  const healthy = hasSurvived(hang) && plannedIn(run).config.fixed;
  if (healthy) {
    // A healthy server must be found healthy in the midst of its work, not only at rest.
    if (!quick) await symptoms(context, server);
    await capture(context, server, () => keepBusy(context, server));
  }
  await stop(context, server);
  return { hang, captured: healthy, ...(healthy ? await analyzedThere(context, quick) : {}) };
}

async function analyzedThere(
  { run, target, emit, signal }: StageContext,
  quick: boolean,
): Promise<Concluded> {
  const dlv = delveThereOf(run);
  if (dlv === undefined) return {};
  const folder = await folderOn(target, run, signal);
  const core = join(folder, coreNameOf(run));
  const launch = delveThere({ target, dlv, exe: join(folder, 'server'), core });
  const diagnosis = await analyzeRun(run, emit, signal, { launch });
  const walk = quick ? undefined : await walkThere(run, diagnosis, { target, dlv, folder }, signal);
  return { diagnosis, ...(walk && { walk }) };
}

async function captureWithLooks(context: StageContext, server: RunningServer): Promise<void> {
  if (!captureMethod(plannedIn(context.run).config.capture).keepsProcess) {
    // Whoever is to look at the server has to do it before: nothing of it is left but the core and what it printed.
    await symptoms(context, server);
    const { pausedMs } = await capture(context, server);
    await quit(context, server, pausedMs);
    return;
  }
  await symptoms(context, server, async () => (await capture(context, server)).pausedMs);
  await quit(context, server);
}

async function captureOnly(context: StageContext, server: RunningServer): Promise<void> {
  await capture(context, server);
  // What hangs does not end by itself: to ask it first would only cost the time of its patience.
  await server.process.kill('SIGKILL');
  await stop(context, server);
}

async function finish(
  run: Run,
  emit: Emit,
  signal: AbortSignal,
  onVerdict: OnVerdict,
  { conclusion: concluded, ...seen }: Concluded & { readonly conclusion: Conclusion },
): Promise<Result> {
  await run.conclude(concluded);
  onVerdict(concluded, seen.diagnosis);
  const { article = false } = plannedIn(run).scenario;
  const rows = article ? await compareWithArticle(run, seen, emit, signal) : [];
  const conclusion = concludeChecklist(concluded, rows);
  const result = { ...(seen.diagnosis && { diagnosis: seen.diagnosis }), conclusion, checklist: rows };
  await run.conclude(conclusion);
  await writeReports(run);
  return result;
}
