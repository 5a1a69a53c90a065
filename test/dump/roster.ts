/** Goroutines that `start` of test/fixtures/go/dumps/main.go makes, by their function: how many, and why they wait. */
export interface Crew {
  readonly function: string;
  readonly count: number;
  /** Since the Go that has words of its own for it, and before. */
  readonly reason: string;
  readonly before?: { readonly minor: number; readonly reason: string };
  readonly locked?: boolean;
}

const mutex = { minor: 20, reason: 'semacquire' };

export const roster: readonly Crew[] = [
  { function: 'main.(*desk).lock', count: 3, reason: 'sync.Mutex.Lock', before: mutex },
  { function: 'main.(*desk).read', count: 2, reason: 'sync.RWMutex.RLock', before: mutex },
  { function: 'main.(*desk).write', count: 1, reason: 'sync.Mutex.Lock', before: mutex },
  { function: 'main.(*desk).await', count: 2, reason: 'sync.Cond.Wait' },
  {
    function: 'sync.(*WaitGroup).Wait',
    count: 1,
    reason: 'sync.WaitGroup.Wait',
    before: { minor: 25, reason: 'semacquire' },
  },
  { function: 'main.send[...]', count: 2, reason: 'chan send' },
  { function: 'main.start.func1', count: 4, reason: 'chan receive' },
  { function: 'main.start.func2', count: 1, reason: 'chan receive (nil chan)' },
  { function: 'main.start.func3', count: 1, reason: 'chan send (nil chan)' },
  { function: 'main.descend', count: 1, reason: 'select (no cases)' },
  { function: 'main.choose', count: 1, reason: 'select' },
  { function: 'time.Sleep', count: 1, reason: 'sleep' },
  { function: 'main.öffnen', count: 1, reason: 'chan receive' },
  { function: 'net.(*TCPListener).Accept', count: 1, reason: 'IO wait' },
  { function: 'syscall.Read', count: 1, reason: '' },
  { function: 'main.start.func4', count: 1, reason: 'chan receive', locked: true },
  { function: 'runtime/pprof.Do', count: 1, reason: 'chan receive' },
  { function: 'main.further', count: 1, reason: 'chan receive' },
];

/** Of `start`; the main goroutine is one more. */
export const crewSize = roster.reduce((sum, { count }) => sum + count, 0);
