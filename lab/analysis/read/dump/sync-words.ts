import type { Frame } from '../../model/frames.js';
import type { SyncKind, SyncMode } from '../../model/snapshot.js';

/** How a goroutine waits for an object of package sync, as far as its stack tells. */
export interface SyncStand {
  readonly objectKind: SyncKind;
  readonly mode: SyncMode;
  /** The frames whose first argument leads to the object, best first: `offset` bytes before it. */
  readonly shown: readonly { readonly frame: number; readonly offset: number }[];
}

/** `Mutex.sema`, `RWMutex.writerSem` and `RWMutex.readerSem`, the same in Go 1.5 to 1.27 (sync/mutex.go, rwmutex.go). */
const [mutexSema, writerSem, readerSem] = [4, 8, 12] as const;

const inSync = /^(?:runtime|sync|internal\/sync|internal\/runtime\/\w+)\./;

/**
 * Tells from the functions on the stack what kind of object a goroutine waits for and how; `live` for the locks inside
 * of `sync.Map` and `sync.Pool`, which are held for moments.
 */
export function syncStandOf(frames: readonly Frame[]): SyncStand | 'live' | undefined {
  const outer = frames.findIndex((frame) => !inSync.test(frame.function));
  const own = outer < 0 ? frames : frames.slice(0, outer);
  const at = (method: string) => own.findIndex(({ function: name }) => name.endsWith(`sync.${method}`));
  const shown = (...found: readonly { readonly frame: number; readonly offset: number }[]) =>
    found.filter(({ frame }) => frame >= 0);
  const wait = at('(*WaitGroup).Wait');
  if (wait >= 0) return { objectKind: 'waitgroup', mode: 'wait', shown: shown({ frame: wait, offset: 0 }) };
  const slow = Math.max(at('(*Mutex).lockSlow'), at('(*Mutex).Lock'));
  const semaphore = own.findIndex(({ function: name }) => /sync\.runtime_Semacquire\w*$/.test(name));
  const inMutex = shown(
    { frame: at('(*Mutex).lockSlow'), offset: 0 },
    { frame: at('(*Mutex).Lock'), offset: 0 },
    { frame: semaphore, offset: mutexSema },
  );
  const [write, read] = [at('(*RWMutex).Lock'), at('(*RWMutex).RLock')];
  if (write >= 0 || read >= 0) {
    const frame = { frame: write >= 0 ? write : read, offset: 0 };
    // Its first field is the mutex that writers queue at.
    if (slow >= 0) return { objectKind: 'rwmutex', mode: 'lock', shown: [...shown(frame), ...inMutex] };
    const mode = read >= 0 ? 'rlock' : 'drain';
    const offset = read >= 0 ? readerSem : writerSem;
    return { objectKind: 'rwmutex', mode, shown: shown(frame, { frame: semaphore, offset }) };
  }
  if (own.some(({ function: name }) => /^(?:internal\/)?sync\.\(\*(?:Map|Pool|HashTrieMap)\b/.test(name)))
    return 'live';
  const cond = at('(*Cond).Wait');
  if (slow >= 0) return { objectKind: 'mutex', mode: 'lock', shown: inMutex };
  if (cond >= 0) return { objectKind: 'cond', mode: 'notify', shown: shown({ frame: cond, offset: 0 }) };
  return undefined;
}
