import { availableParallelism } from 'node:os';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { BulkMemory } from '../core/memory.js';
import { cellsOfOthers, type FoldedGoroutines, foldGoroutines, type OtherTarget, summarize } from './fold.js';
import { memoryFor, readingOf, smallBatch } from './fold-batch.js';
import { eachClaimed, type FoldJob } from './fold-claims.js';
import { absorb, type FoldPart } from './fold-part.js';
import { newPass } from './fold-pass.js';
import { newTables } from './fold-tables.js';
import type { RuntimeLayout } from './layout.js';
import { memberLog } from './members.js';

/** Threads that read goroutines from the moment on when they are there. Disposing ends them. */
export interface FoldHelpers extends AsyncDisposable {
  readonly job: FoldJob;
  readonly parts: readonly Promise<FoldPart>[];
}

export interface FoldFiles {
  readonly exe: string;
  readonly core: string;
}

/** A thread takes 20 ms to start, and 25 MB. */
const worthHelp = 150_000;
const maxHelpers = 3;
/** Goroutines. */
const perTurn = 1 << 14;

/**
 * Starts threads on processors that have nothing to do. None for few goroutines; none either where those are
 * scattered over the core, which is then read in its own order by one.
 */
export function startFoldHelpers(
  { exe, core }: FoldFiles,
  memory: BulkMemory,
  layout: RuntimeLayout,
  members = false,
  most = Math.min(availableParallelism() - 1, maxHelpers, Math.floor(layout.allgs.length / worthHelp)),
): FoldHelpers {
  const reading = readingOf(memory, layout);
  const claimed = new Int32Array(new SharedArrayBuffer(4));
  const job: FoldJob = { exe, core, layout, reading, claimed, members };
  const workers = Array.from({ length: reading.size > smallBatch ? 0 : most }, () => startWorker(job));
  return {
    job,
    parts: workers.map(({ part }) => part),
    async [Symbol.asyncDispose]() {
      await Promise.all(workers.map(({ worker }) => worker.terminate()));
    },
  };
}

function startWorker(workerData: FoldJob) {
  const worker = new Worker(new URL('./fold-worker.js', import.meta.url), { workerData });
  const part = new Promise<FoldPart>((resolve, reject) => {
    worker.once('message', resolve);
    worker.once('error', reject);
    worker.once('exit', () => reject(new Error('the thread ended early')));
  });
  // Awaited later, if at all.
  part.catch(() => undefined);
  return { worker, part };
}

/**
 * What {@link foldGoroutines} does, together with the helpers: each thread takes the next stretch of goroutines
 * when it is done with one. The result does not depend on who read what. When a helper fails, everything is read
 * here, once more.
 */
export async function foldWithHelp(
  { job, parts }: FoldHelpers,
  memory: BulkMemory,
  signal: AbortSignal,
  otherTarget: OtherTarget = () => 0,
): Promise<FoldedGoroutines> {
  const { layout, reading, members } = job;
  const source = memoryFor(reading, memory);
  const tables = newTables(members ? memberLog(source, layout) : undefined);
  const countOther = cellsOfOthers(tables, otherTarget);
  const pass = newPass(source, layout, reading.size, tables, countOther);
  for (const { from, length } of eachClaimed(job)) {
    pass(from, length);
    // Signals and answers come through now and then.
    if (from % perTurn === 0) await nextTurn();
    signal.throwIfAborted();
  }
  try {
    for (const part of await Promise.all(parts)) absorb(tables, part, countOther);
  } catch {
    signal.throwIfAborted();
    return foldGoroutines(memory, layout, signal, otherTarget, members);
  }
  return summarize(tables);
}
