type OneOrMany = readonly [one: string, many: string];

interface WaitWords {
  /** In a node of a picture. */
  readonly short: string;
  /** Before the object that is waited for. */
  readonly before: OneOrMany;
  /** Under a line of source, where that is not the same. */
  readonly here?: OneOrMany;
  /** What becomes of the object when the wait ends, where it is not released. */
  readonly ended?: string;
}

const anyWait: OneOrMany = ['waits for', 'wait for'];

/** What goroutines do, by the reasons for which the runtime has parked them. */
const words: Readonly<Record<string, WaitWords>> = {
  'chan send': {
    ...{ short: 'waits to send', before: ['sends to', 'send to'], here: ['sends here', 'send here'] },
    ended: 'drained',
  },
  'chan receive': {
    ...{ short: 'waits to receive', before: ['receives from', 'receive from'] },
    ...{ here: ['receives here', 'receive here'], ended: 'served' },
  },
  'chan send (nil chan)': {
    ...{ short: 'sends to nil', before: anyWait },
    here: ['sends here, the channel is nil', 'send here, the channel is nil'],
  },
  'chan receive (nil chan)': {
    ...{ short: 'receives from nil', before: anyWait },
    here: ['receives here, the channel is nil', 'receive here, the channel is nil'],
  },
  select: {
    ...{ short: 'waits in select', before: ['selects on', 'select on'] },
    ...{ here: ['waits in this select', 'wait in this select'], ended: 'served' },
  },
  'select (no cases)': {
    ...{ short: 'empty select', before: anyWait },
    here: ['waits in a select without cases', 'wait in a select without cases'],
  },
  'sync.Mutex.Lock': { short: 'waits to lock', before: ['waits to lock', 'wait to lock'] },
  'sync.RWMutex.RLock': { short: 'waits to read', before: ['waits to read-lock', 'wait to read-lock'] },
  'sync.RWMutex.Lock': { short: 'waits to write', before: ['waits to write-lock', 'wait to write-lock'] },
  'sync.WaitGroup.Wait': { short: 'waits for all', before: anyWait, ended: 'Done' },
  'sync.Cond.Wait': {
    ...{ short: 'waits for a signal', before: ['waits for a signal on', 'wait for a signal on'] },
    ended: 'signalled',
  },
};

const of = (reason: string): WaitWords | undefined =>
  Object.hasOwn(words, reason) ? words[reason] : undefined;

/** What a goroutine is about; the runtime's own words where there are no better ones. */
export const waitShort = (reason: string): string =>
  of(reason)?.short ?? (reason === '' ? 'waits for' : reason === 'semacquire' ? 'waits' : reason);

export const waitBefore = (reason: string): OneOrMany => of(reason)?.before ?? anyWait;

export function waitHere(reason: string): OneOrMany {
  const known = of(reason);
  return known?.here ?? known?.before ?? ['waits here', 'wait here'];
}

export const waitEnded = (reason: string): string => of(reason)?.ended ?? 'released';
