import type { Limits } from '../model/limits.js';
import type { Pool } from '../model/pool.js';
import type { Snapshot } from '../model/snapshot.js';
import { databases, isDatabaseWait } from './database-pools.js';
import { httpClients, isClientWait } from './http-pools.js';
import type { AskHeap } from './open-heap.js';
import { waitingIn } from './pool-source.js';
import { isPuddleWait, puddles } from './puddle-pools.js';
import { permitsOf, semaphoresOf } from './semaphore-pools.js';
import { isStreamWait, streamLimits } from './stream-pools.js';

/** Pools of which goroutines wait for a unit and none is left; where they cannot be told, `limits` says so. */
export async function readPools(
  ask: AskHeap,
  snapshot: Snapshot,
  /** Without registers it is not known what running goroutines lead to. */
  withRegisters: boolean,
  signal: AbortSignal,
): Promise<{ readonly pools: readonly Pool[]; readonly limits: Limits }> {
  const waiting = {
    forPermits: waitingIn(snapshot, isAcquire),
    forConnections: withRegisters ? waitingIn(snapshot, isDatabaseWait) : [],
    forAnswers: withRegisters ? waitingIn(snapshot, isClientWait) : [],
    forStreams: withRegisters ? waitingIn(snapshot, isStreamWait) : [],
    onConditions: withRegisters ? waitingIn(snapshot, isPuddleWait, 'sync') : [],
  };
  if (Object.values(waiting).every((buckets) => buckets.length === 0)) return { pools: [], limits: [] };
  const { found, limits } = await ask<readonly Pool[]>('Who has what of the pools', [], async (heap) => {
    const semaphores = await semaphoresOf(waiting.forPermits, heap, signal);
    const inPuddles = withRegisters
      ? await puddles({ semaphores, onConditions: waiting.onConditions }, heap, snapshot, signal)
      : { pools: [], semaphores: new Set() };
    const own = [...semaphores.keys()].filter((one) => !inPuddles.semaphores.has(one));
    return [
      ...(await databases(waiting.forConnections, heap, snapshot, signal)),
      ...inPuddles.pools,
      ...(await httpClients(waiting.forAnswers, heap, snapshot, signal)),
      ...(await streamLimits(waiting.forStreams, heap, snapshot, signal)),
      ...own.map(permitsOf),
    ];
  });
  return { pools: found, limits };
}

const isAcquire = (name: string) => name === 'golang.org/x/sync/semaphore.(*Weighted).Acquire';
