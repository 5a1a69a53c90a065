import type { Location } from '../analysis/model/diagnosis.js';
import { type RanThen, ranThen } from '../analysis/model/ran-then.js';
import { isPrivateRuntime } from '../analysis/model/snapshot.js';
import { isLibraryFunction } from '../source/library-paths.js';
import type { Comparison, Look } from './model.js';

/**
 * Where the processor time goes: goroutines that ran or were ready to run in every look, by the innermost function of the
 * program that they were in each time. They may work: it accuses nobody. `null` where a look does not tell which goroutine
 * is which.
 */
export function busyIn(looks: readonly Look[]): Comparison['busy'] {
  const then = looks.map(({ diagnosis, roster }) => ranThen(diagnosis, roster));
  if (!then.every((one) => one !== undefined)) return null;
  const rows = new Map<string, { readonly place: Location; goroutines: number }>();
  for (const [id, stack] of then.at(-1) ?? []) {
    const place = isParkedInKernel(then, id) ? undefined : commonPlace(then, id, stack);
    if (place === undefined) continue;
    const { function: name, file, line } = place;
    const row = rows.get(name) ?? { place: { function: name, file, line }, goroutines: 0 };
    row.goroutines += 1;
    rows.set(name, row);
  }
  return [...rows.values()].sort((a, b) => b.goroutines - a.goroutines).slice(0, mostRows);
}

const mostRows = 5;

const commonPlace = (then: readonly RanThen[], id: number, stack: readonly Location[]) =>
  stack.find(
    (frame) =>
      !isLibraryFunction(frame) &&
      then.every((look) => look.get(id)?.some(({ function: name }) => name === frame.function) === true),
  );

/** In a system call each time: it rather waits there. */
const isParkedInKernel = (then: readonly RanThen[], id: number): boolean =>
  then.every((look) => {
    const top = look.get(id)?.find(({ function: name }) => !isPrivateRuntime(name));
    return /^(?:syscall|internal\/runtime\/syscall|runtime\/internal\/syscall)\./.test(top?.function ?? '');
  });
