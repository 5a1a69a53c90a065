import type { Resource } from '../../analysis/model/diagnosis.js';

/** What a goroutine is about, by why it was parked; the runtime's own words where there are no better ones. */
export function waitVerb(reason: string): string {
  const known: Readonly<Record<string, string>> = {
    'chan send': 'waits to send',
    'chan receive': 'waits to receive',
    'chan send (nil chan)': 'sends to nil',
    'chan receive (nil chan)': 'receives from nil',
    select: 'waits in select',
    'select (no cases)': 'empty select',
    'sync.Mutex.Lock': 'waits to lock',
    'sync.RWMutex.Lock': 'waits to write',
    'sync.RWMutex.RLock': 'waits to read',
    'sync.WaitGroup.Wait': 'waits for all',
    'sync.Cond.Wait': 'waits for a signal',
    semacquire: 'waits',
  };
  return known[reason] ?? (reason === '' ? 'waits for' : reason);
}

/** The state of a channel or lock in a few words; empty when nothing is known of it. */
export function objectState({ kind, len, cap, closed, waiters }: Resource): string {
  const fill =
    cap === undefined ? kind : cap === 0 ? `${kind}, unbuffered` : `${kind}, ${len ?? 0} of ${cap} full`;
  const queue =
    waiters === undefined || cap !== undefined
      ? []
      : [`${(waiters.send + waiters.recv).toLocaleString('en-US')} in its queue`];
  return [fill, ...(closed === true ? ['closed'] : []), ...queue].join(', ');
}
