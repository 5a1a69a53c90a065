import { pause, poll } from '../deadline.js';
import type { Emit } from '../events.js';
import { confirmWithoutLoad, isHang, observeHang, outcomeOf, seenBy } from '../hang/observe.js';
import type { HangOutcome } from '../hang/outcome.js';
import { openWatch, type Watch } from '../hang/watch.js';
import type { Drive, RequestDrive } from '../scenarios/drive.js';
import type { StampedeFacts } from '../stampede/facts.js';
import { unreachable } from '../unreachable.js';
import { readGoroutines } from './goroutine-page.js';
import { observeStampede } from './observe-stampede.js';
import type { DriveOptions } from './options.js';
import { describeStep, openPlayer, type PlayedStep } from './schedule.js';
import { type Settled, settle } from './settle.js';

export interface Driven {
  readonly outcome: HangOutcome;
  /** The steps of a schedule, in the order in which they were done. */
  readonly played: readonly PlayedStep[];
  readonly stampede?: StampedeFacts;
}

const lookEveryMs = 100;

/**
 * Does to a server what its scenario says, and watches it until the symptom shows, it ends, or it has borne
 * everything. When this returns, all clients are gone and the server is untouched. Throws `undecided` when a
 * load generator broke, `interrupted` when the signal aborts.
 */
export async function observeDrive(options: DriveOptions, emit: Emit, signal: AbortSignal): Promise<Driven> {
  const { drive } = options;
  switch (drive.kind) {
    case 'load': {
      const outcome = await observeHang({ ...options, plan: drive }, emit, signal);
      const settled =
        outcome.kind === 'no-hang' ? await settleOnce(options, drive.durationMs, signal) : undefined;
      return { outcome: withSettled(outcome, settled), played: [] };
    }
    case 'stampede': {
      const { outcome, facts } = await observeStampede(options, drive, emit, signal);
      return { outcome, played: [], ...(facts === undefined ? {} : { stampede: facts }) };
    }
    case 'requests':
      return await observeRequests(options, drive, emit, signal);
    case 'self':
      return { outcome: await observeSelf(options, drive, emit, signal), played: [] };
    default:
      return unreachable(drive);
  }
}

/** Plays the schedule, and after each round looks for the symptom. */
async function observeRequests(
  options: DriveOptions,
  drive: RequestDrive,
  emit: Emit,
  signal: AbortSignal,
): Promise<Driven> {
  const played: PlayedStep[] = [];
  const { judgement, settled, why, finished, state } = await withClients();
  const seen = { ...seenBy(state, undefined, undefined), why };
  if (judgement !== undefined && !isHang(judgement)) {
    return { outcome: outcomeOf(judgement, seen, options.process, []), played };
  }
  const health = state.judgement?.health;
  const outcome = await confirmWithoutLoad(
    { watch: options, judgement, seen, health, whySurvived: why },
    emit,
    signal,
  );
  if (outcome.kind !== 'no-hang') return { outcome, played };
  // One that answers again once its clients are gone has not borne the schedule.
  return {
    outcome:
      finished && judgement === undefined
        ? withSettled(outcome, settled)
        : { ...outcome, reason: 'unfinished' },
    played,
  };

  async function withClients() {
    const before = options.anyNames === true ? await goroutinesOf(options, drive, signal) : undefined;
    await using watch = openWatch(options, emit, signal);
    const stage = { ...placesOf(options), drive, ...(before && { anyNames: true }) };
    using player = openPlayer(stage, (done, step) => {
      played.push(done);
      const unnamed = stepNote({ ...done, text: describeStep(step, false) });
      if (done.round === 1) emit({ type: 'note', text: stepNote(done), unnamed });
    });
    const enough = new AbortController();
    const stop = (): void => enough.abort();
    watch.verdict.then(stop, stop);
    const result = (why: string, finished: boolean, settled?: Settled) => ({
      ...{ judgement: undefined, settled, why, finished, state: watch.state() },
    });
    let why = '';
    for (let round = 1; round <= drive.rounds; round += 1) {
      const { end } = await player.play(round, enough.signal, signal);
      if (end.kind === 'broken') return result(`round ${round}: ${end.why}`, false);
      if (end.kind === 'stopped') return { ...result('', true), ...(await judged(watch)) };
      const settled = await settle(
        options.symptom,
        { ...placesOf(options), withinMs: drive.withinMs, ...(before && { before }) },
        enough.signal,
        signal,
      );
      if (enough.signal.aborted) return { ...result('', true), ...(await judged(watch)) };
      if (settled.kind === 'leaked' || settled.kind === 'stalled') return result(settled.why, true, settled);
      if (settled.kind === 'undecided') return result(`round ${round}: ${settled.why}`, false);
      why = settled.why;
    }
    return result(`played ${drive.rounds} times, and each time ${why}`, true);
  }
}

/** Watches a program that works by itself, until it was seen to go on often enough. */
async function observeSelf(
  options: DriveOptions,
  { rounds, withinMs }: Extract<Drive, { kind: 'self' }>,
  emit: Emit,
  signal: AbortSignal,
): Promise<HangOutcome> {
  await using watch = openWatch(options, emit, signal);
  const enough = new AbortController();
  const stop = (): void => enough.abort();
  watch.verdict.then(stop, stop);
  const end = performance.now() + withinMs;
  let settled: Settled | undefined;
  let wentOn = 0;
  while (!enough.signal.aborted && performance.now() < end && wentOn < rounds && !isFault(settled)) {
    const left = end - performance.now();
    if (options.symptom.kind === 'unanswered') {
      wentOn += (await nextAnswer(watch, left, enough.signal, signal)) ? 1 : 0;
    } else {
      const places = { ...placesOf(options), withinMs: left };
      settled = await settle(options.symptom, places, enough.signal, signal);
      wentOn += settled.kind === 'well' ? 1 : 0;
      await pause(lookEveryMs, signal);
    }
  }
  const state = watch.state();
  const seen = seenBy(state, undefined, undefined);
  if (enough.signal.aborted) return outcomeOf(await watch.verdict, seen, options.process, []);
  const health = state.judgement?.health ?? 'healthy';
  const reason = wentOn < rounds ? 'unfinished' : 'plan-ended';
  const short = reason === 'unfinished' ? `, not ${rounds} times within ${withinMs / 1_000} s` : '';
  const why = `it was seen to go on ${wentOn} times${short}`;
  const survived: HangOutcome = { ...seen, kind: 'no-hang', reason, health, why };
  return isFault(settled) ? withSettled(survived, settled) : survived;
}

/** Whether a byte came that had not come when this was called. */
async function nextAnswer(
  watch: Watch,
  deadlineMs: number,
  stop: AbortSignal,
  signal: AbortSignal,
): Promise<boolean> {
  const before = watch.state().lastByteAt;
  const look = (): boolean | undefined => {
    if (watch.state().lastByteAt !== before) return true;
    return stop.aborted ? false : undefined;
  };
  return (await poll(look, { signal, deadlineMs, everyMs: 20 })) ?? false;
}

function isFault(settled: Settled | undefined): boolean {
  return settled?.kind === 'leaked' || settled?.kind === 'stalled';
}

async function settleOnce(options: DriveOptions, withinMs: number, signal: AbortSignal): Promise<Settled> {
  const never = new AbortController().signal;
  return await settle(options.symptom, { ...placesOf(options), withinMs }, never, signal);
}

/** The numbers of the goroutines that there are; none where the page does not come. */
async function goroutinesOf(
  { pprofUrl }: DriveOptions,
  { withinMs }: RequestDrive,
  signal: AbortSignal,
): Promise<ReadonlySet<number>> {
  const page = await readGoroutines(pprofUrl, withinMs, signal);
  return new Set(page.kind === 'seen' ? page.goroutines.map(({ id }) => id) : []);
}

async function judged(watch: Watch) {
  const judgement = await watch.verdict;
  return { judgement, why: judgement.why, state: watch.state() };
}

/** A server that answers may be faulty all the same. */
function withSettled(outcome: HangOutcome, settled: Settled | undefined): HangOutcome {
  if (outcome.kind !== 'no-hang' || settled === undefined) return outcome;
  const { kind: _, health: __, reason: ___, ...seen } = outcome;
  switch (settled.kind) {
    case 'well':
      return outcome;
    case 'undecided':
      return { ...outcome, reason: 'unfinished', why: settled.why };
    case 'leaked':
    case 'stalled':
      return { ...seen, ...settled };
    default:
      return unreachable(settled);
  }
}

function placesOf({ url, pprofUrl }: DriveOptions): { origin: string; pprofUrl: string } {
  return { origin: new URL(url).origin, pprofUrl };
}

function stepNote({ text, ms, held }: PlayedStep): string {
  return held ? `${text} (${ms} ms)` : `${text}: not after ${(ms / 1_000).toFixed(1)} s`;
}
