import { isLibraryFunction } from '../../source/library-paths.js';
import type { Diagnosis, Location } from './diagnosis.js';
import { isPoolCode } from './frames.js';

/** A function without the folders of its package: `net/http.(*conn).serve` becomes `http.(*conn).serve`. */
export function shortName(name: string): string {
  const type = name.indexOf('(');
  const slash = name.lastIndexOf('/', type === -1 ? undefined : type);
  const bracket = name.indexOf('[');
  return slash === -1 || (bracket !== -1 && bracket < slash) ? name : name.slice(slash + 1);
}

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
