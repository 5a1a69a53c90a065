import type { Diagnosis, Location, Resource } from '../../analysis/model/diagnosis.js';
import { isPoolCode } from '../../analysis/model/frames.js';
import { quoteWord } from '../../quote-word.js';
import { isLibraryFunction } from '../../source/library-paths.js';

/** A count with separators. */
export const number = (n: number): string => n.toLocaleString('en-US');

/** `1 goroutine`, `2,022 goroutines`. */
export function counted(n: number, one: string, many = `${one}s`): string {
  return `${number(n)} ${n === 1 ? one : many}`;
}

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

/** A function without the folders of its package: `net/http.(*conn).serve` becomes `http.(*conn).serve`. */
export function shortName(name: string): string {
  const type = name.indexOf('(');
  const slash = name.lastIndexOf('/', type === -1 ? undefined : type);
  const bracket = name.indexOf('[');
  return slash === -1 || (bracket !== -1 && bracket < slash) ? name : name.slice(slash + 1);
}

/** Functions of the runtime that nobody looks for: not exported ones. */
export const isPrivateRuntime = (name: string): boolean => /^runtime\.[^\p{Lu}]/u.test(name);

export { isLibraryFunction };

interface NamedFrame {
  readonly function: string;
  readonly file?: string;
}

/** Where goroutines wait for what a pool has, whoever they are. */
const asksPool =
  /^(?:golang\.org\/x\/sync\/semaphore\.\(\*Weighted\)\.Acquire|github\.com\/jackc\/puddle(?:\/v\d+)?\.\(\*Pool(?:\[.*\])?\)\.[aA]cquire)/;

/**
 * The innermost frame of the program itself, whoever asks where it waits for a pool; of a goroutine that has none, as of an idle connection, the innermost that
 * is not about waiting: neither the runtime's nor that of a lock.
 */
export function ownFrame<T extends NamedFrame>(stack: readonly T[]): T | undefined {
  const own = stack.filter((frame) => !isLibraryFunction(frame));
  const asks = asksPool.test(own[0]?.function ?? '');
  return (
    (asks ? own.find((frame) => !isPoolCode(frame.function)) : undefined) ??
    own[0] ??
    stack.find((frame) => !/^(?:runtime|sync|internal)[./]/.test(frame.function))
  );
}

/** Where goroutines are, by their own frames: most goroutines first. */
export function ownLocations(groups: Diagnosis['groups']): readonly {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly count: number;
}[] {
  const found = new Map<string, Location & { count: number }>();
  for (const { stack, userLocation, count } of groups) {
    const { function: name, file, line } = ownFrame(stack) ?? userLocation;
    const key = `${name}:${line}`;
    const row = found.get(key) ?? { function: name, file, line, count: 0 };
    row.count += count;
    found.set(key, row);
  }
  return [...found.values()].sort((a, b) => b.count - a.count || a.function.localeCompare(b.function));
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

/** How the Delve that read a core is started where it did, quoted for a shell. */
export const delveProgram = (delve: Diagnosis['delve']): string =>
  delve?.path === undefined || delve.onPath ? 'dlv' : quoteWord(delve.path);
