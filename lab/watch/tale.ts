import type { Excuse } from './duty-state.js';

/** The same excuse again within so long is the same event: a network that is cut for an hour is told of once. */
const sameEventMs = 60_000;

/** What of suspicions and excuses is worth a line. Times in milliseconds of the Unix epoch. */
export interface Tale {
  suspected(why: string, at: number): readonly string[];
  /** Every suspicion that was told is told the end of. */
  excused(as: Excuse, why: string, at: number): readonly string[];
  /** It is a hang. */
  confirmed(): readonly string[];
}

export function openTale(): Tale {
  let last: { readonly as: Excuse; readonly at: number } | undefined;
  /** A suspicion that may be but the event before, going on. */
  let held: string | undefined;
  let told = false;
  const isFresh = (at: number): boolean => last !== undefined && at - last.at < sameEventMs;
  const heldBack = (): readonly string[] => (held === undefined ? [] : [`it may hang: ${held}`]);
  const forget = (): void => {
    held = undefined;
    told = false;
  };
  return {
    suspected(why, at) {
      told = !isFresh(at);
      held = told ? undefined : why;
      return told ? [`it may hang: ${why}`] : [];
    },
    excused(as, why, at) {
      const isSame = !told && last?.as === as && isFresh(at);
      const lines = isSame ? [] : [...heldBack(), `no hang (${as}): ${why}`];
      last = { as, at };
      forget();
      return lines;
    },
    confirmed() {
      const lines = heldBack();
      last = undefined;
      forget();
      return lines;
    },
  };
}
