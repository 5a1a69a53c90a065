import { pause } from '../deadline.js';
import type { Emit } from '../events.js';
import { confirmWithoutLoad, observeHang } from '../hang/observe.js';
import type { HangOutcome } from '../hang/outcome.js';
import type { Drive } from '../scenarios/drive.js';
import type { StampedeFacts } from '../stampede/facts.js';
import { lookAtCount } from '../stampede/look.js';
import { stampede, stuckNow } from '../stampede/stampede.js';
import type { DriveOptions } from './options.js';

export type StampedeDrive = Extract<Drive, { kind: 'stampede' }>;

/** So many goroutines may be left of all clients of a server that answered them. */
const leftBehind = 100;
const settleMs = 15_000;
const countTimeoutMs = 10_000;
/** The share of the wanted size that has to be stuck. */
const enough = 0.98;

/**
 * The escalating load until the server hangs, then clients that give up and come again until it has the wanted
 * number of handlers that never end. A server that bears the load gets as many clients, and none of their
 * handlers may be left.
 */
export async function observeStampede(
  options: DriveOptions,
  drive: StampedeDrive,
  emit: Emit,
  signal: AbortSignal,
): Promise<{ readonly outcome: HangOutcome; readonly facts: StampedeFacts | undefined }> {
  const { process, url, pprofUrl, driver } = options;
  const idle = await lookAtCount(pprofUrl, countTimeoutMs, signal);
  const outcome = await observeHang({ ...options, driver, plan: drive.load }, emit, signal);
  const bears = outcome.kind === 'no-hang' && outcome.reason === 'plan-ended';
  if (outcome.kind !== 'hung' && !bears) return { outcome, facts: undefined };

  const gone = new AbortController();
  void process.exited.then(() => gone.abort());
  const { protocol, size, patienceMs } = drive;
  const crowd = {
    ...{ pid: process.identity.pid, url, pprofUrl, gone: gone.signal },
    ...{ protocol, size, patienceMs, clients: drive.clients[protocol] },
    idleGoroutines: idle.goroutines,
  };
  const facts = await stampede(crowd, emit, signal);
  if (gone.signal.aborted) return { outcome: crashed(outcome, process.exit()), facts };
  const answers = `${facts.answered} of ${facts.requests} requests were answered`;
  if (outcome.kind === 'hung') {
    const { stuck = 0 } = facts.marks.at(-1) ?? {};
    const why = `${outcome.why}; then ${facts.requests} clients gave up, and ${stuck} handlers are stuck`;
    if (stuck >= enough * drive.size) return { outcome: { ...outcome, why }, facts };
    return {
      outcome: unfinished(outcome, `${stuck} of ${drive.size} handlers are stuck; ${answers}`),
      facts,
    };
  }

  const left = await settled(crowd, signal);
  if (left === undefined) {
    return { outcome: { ...outcome, reason: 'unfinished', why: 'pprof does not say what is left' }, facts };
  }
  if (left > leftBehind) {
    const why = `${answers}, and ${left} goroutines are left of them`;
    const { kind: _, health: __, reason: ___, ...seen } = outcome;
    return { outcome: { ...seen, kind: 'leaked', at: Date.now(), goroutines: left, why }, facts };
  }
  const again = await confirmWithoutLoad(
    {
      watch: options,
      judgement: undefined,
      seen: outcome,
      health: outcome.health,
      whySurvived: `${outcome.why}; ${answers}, and nothing is left of them`,
    },
    emit,
    signal,
  );
  return { outcome: again, facts };
}

/** Goroutines that are left once they are few enough, or time is up; `undefined` when pprof does not say. */
async function settled(
  crowd: Parameters<typeof stuckNow>[0],
  signal: AbortSignal,
): Promise<number | undefined> {
  const end = performance.now() + settleMs;
  for (;;) {
    const left = await stuckNow(crowd, signal);
    const late = performance.now() > end;
    if (left === undefined ? late : left <= leftBehind || late) return left;
    await pause(200, signal);
  }
}

function unfinished(outcome: Extract<HangOutcome, { kind: 'hung' }>, why: string): HangOutcome {
  const { kind: _, verdictAt: __, afterLoad: ___, ...seen } = outcome;
  return { ...seen, kind: 'no-hang', reason: 'unfinished', why };
}

function crashed(outcome: HangOutcome, exit: ReturnType<DriveOptions['process']['exit']>): HangOutcome {
  const { watchStartedAt, load, firstByteAt, lastByteAt, probes, stats } = outcome;
  return {
    ...{ watchStartedAt, load, firstByteAt, lastByteAt, probes, stats },
    ...{ kind: 'crashed', at: Date.now(), exit: exit ?? { kind: 'gone' } },
    why: 'the server ended while clients came and went',
  };
}
