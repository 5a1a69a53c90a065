/**
 * What a parked goroutine goes on by. `outside`: something outside of the program's goroutines. `channel`, `select`: another one at a
 * channel, or at any of several. `semaphore`: one that releases the word at which it is queued (semacquire1 in sema.go), before it is
 * parked; `cond`: one that signals. `nothing`: nothing ever.
 */
export type WakenBy = 'outside' | 'channel' | 'select' | 'semaphore' | 'cond' | 'nothing';

/** Wait reasons as runtime2.go of Go 1.18 to 1.27 has them; one that is not here is shown as it comes, and not understood. */
const wakenBy: Readonly<Record<string, WakenBy>> = {
  'chan send': 'channel',
  'chan receive': 'channel',
  select: 'select',
  'chan send (nil chan)': 'nothing',
  'chan receive (nil chan)': 'nothing',
  'select (no cases)': 'nothing',
  semacquire: 'semaphore',
  'sync.Mutex.Lock': 'semaphore',
  'sync.RWMutex.RLock': 'semaphore',
  'sync.RWMutex.Lock': 'semaphore',
  'sync.WaitGroup.Wait': 'semaphore',
  'sync.Cond.Wait': 'cond',
  'IO wait': 'outside',
  sleep: 'outside',
  'timer goroutine (idle)': 'outside',
  'finalizer wait': 'outside',
  'cleanup wait': 'outside',
  'force gc (idle)': 'outside',
  'GOMAXPROCS updater (idle)': 'outside',
  'garbage collection': 'outside',
  'garbage collection scan': 'outside',
  'GC assist marking': 'outside',
  'GC assist wait': 'outside',
  'GC sweep wait': 'outside',
  'GC scavenge wait': 'outside',
  'GC worker (idle)': 'outside',
  'GC worker (active)': 'outside',
  'GC background sweeper wait': 'outside',
  'GC mark termination': 'outside',
  'GC weak to strong wait': 'outside',
  'wait for GC cycle': 'outside',
  preempted: 'outside',
  'dumping heap': 'outside',
  'flushing proc caches': 'outside',
  'page trace flush': 'outside',
  'trace reader (blocked)': 'outside',
  'trace goroutine status': 'outside',
  'trace proc status': 'outside',
  'wait for debug call': 'outside',
  'debug call': 'outside',
  'wait until GC ends': 'outside',
};

/** `undefined` for a reason that is not known. */
export const endOfWait = (reason: string): WakenBy | undefined =>
  Object.hasOwn(wakenBy, reason) ? wakenBy[reason] : undefined;

export const isLiveReason = (reason: string): boolean => endOfWait(reason) === 'outside';

/** All that are known. */
export const knownReasons: readonly string[] = Object.keys(wakenBy);
