import type { SyncLayout } from '../../goruntime/sync-objects.js';
import type { Frame } from '../model/frames.js';
import { inSync } from '../model/frames.js';
import type { Wait } from '../model/snapshot.js';

type SyncWait = Extract<Wait, { kind: 'sync' }>;

/**
 * Tells from the functions on the stack which field of which object a semaphore word is, and so the object's
 * address; `undefined` when no known type of package sync waits. The locks inside `sync.Map` and `sync.Pool` are held
 * for moments, while no code of the program runs.
 */
export function syncWaitOf(
  frames: readonly Frame[],
  word: number,
  layout: SyncLayout,
): SyncWait | Extract<Wait, { kind: 'live' }> | undefined {
  const outer = frames.findIndex((frame) => !inSync(frame));
  const own = (outer < 0 ? frames : frames.slice(0, outer)).map((frame) => frame.function);
  const has = (method: string) => own.some((name) => name.endsWith(`sync.${method}`));
  const { mutex, rwmutex, waitgroup } = layout;
  if (has('(*WaitGroup).Wait')) {
    if (waitgroup === undefined) return undefined;
    return { kind: 'sync', objectKind: 'waitgroup', address: word - waitgroup.sema, mode: 'wait' };
  }
  const inMutex = has('(*Mutex).Lock') || has('(*Mutex).lockSlow');
  if (has('(*RWMutex).Lock') || has('(*RWMutex).RLock')) {
    if (rwmutex === undefined) return undefined;
    const shared = { kind: 'sync', objectKind: 'rwmutex' } as const;
    if (inMutex) return { ...shared, address: word - mutex.sema - rwmutex.w, mode: 'lock' };
    if (has('(*RWMutex).RLock')) return { ...shared, address: word - rwmutex.readerSem, mode: 'rlock' };
    return { ...shared, address: word - rwmutex.writerSem, mode: 'drain' };
  }
  if (own.some((name) => /^(?:internal\/)?sync\.\(\*(?:Map|Pool|HashTrieMap)\b/.test(name))) {
    return { kind: 'live', why: 'a lock inside of package sync' };
  }
  if (!inMutex || own.some((name) => /^(?:internal\/)?sync\.\(\*(?!Mutex|Cond|Once)/.test(name)))
    return undefined;
  return { kind: 'sync', objectKind: 'mutex', address: word - mutex.sema, mode: 'lock' };
}
