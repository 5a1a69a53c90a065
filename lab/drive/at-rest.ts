import { type ListedGoroutine, waits } from './goroutine-page.js';

/*
 * What a schedule waits for, without the names of a program's functions: somebody may have given them others.
 */

/** Looks that must see the same. Each is served by the program itself, after whatever came to it before. */
const looks = 3;

/** What net/http stands in while a handler works. */
const handler = 'net/http.serverHandler.ServeHTTP';
const own = /^main\./;

/** Sees whether a program has come to rest. */
export interface Rest {
  /**
   * Whether nothing has moved in it for some looks, and nothing is about to: `handlers` of its requests are still under
   * way, which `enough` decides about.
   */
  reached(goroutines: readonly ListedGoroutine[], enough: (handlers: number) => boolean): boolean;
}

export function openRest(): Rest {
  let before = '';
  let same = 0;
  return {
    reached(goroutines, enough) {
      const those = goroutines.filter((one) => !isLooking(one) && isOfProgram(one));
      const seen = JSON.stringify(those.map(({ id, state, functions }) => [id, state, functions]));
      const still = those.every((one) => waits(one) && one.state !== 'sleep');
      same = still && seen === before ? same + 1 : 0;
      before = seen;
      return same >= looks - 1 && enough(those.filter(isHandler).length);
    },
  };
}

/** Goroutines that the program's own code has started since, beside the handlers of requests. */
export function startedSince(
  goroutines: readonly ListedGoroutine[],
  before: ReadonlySet<number>,
): readonly ListedGoroutine[] {
  return goroutines.filter(
    (one) => !before.has(one.id) && !isHandler(one) && one.functions.some((name) => own.test(name)),
  );
}

const isHandler = ({ functions }: ListedGoroutine): boolean => functions.includes(handler);
const isLooking = ({ functions }: ListedGoroutine): boolean =>
  functions.some((name) => name.startsWith('net/http/pprof.'));
const isOfProgram = (one: ListedGoroutine): boolean =>
  isHandler(one) || one.functions.some((name) => own.test(name));
