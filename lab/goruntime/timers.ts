/** Evaluates an expression of package variables to a number; `undefined` when the binary has nothing of that name. */
export type EvaluateNumber = (expression: string) => Promise<number | undefined>;

/**
 * How many timers a P keeps, by Go version: `p.timers.len` since 1.23, `p.numTimers` as an atomic type since
 * 1.20 and as a plain number since 1.14 (runtime2.go, time.go).
 */
const countsOfTimers = ['timers.len.value', 'numTimers.value', 'numTimers'];

/**
 * Whether a timer is pending: a `time.AfterFunc` runs code that is on no stack yet. `undefined` when it cannot be
 * read.
 */
export async function hasPendingTimers(evaluate: EvaluateNumber): Promise<boolean | undefined> {
  const processors = await evaluate('len(runtime.allp)');
  if (processors === undefined) return undefined;
  for (const field of countsOfTimers) {
    let total = 0;
    let known = true;
    for (let i = 0; i < processors && known; i++) {
      const count = await evaluate(`runtime.allp[${i}].${field}`);
      if (count === undefined) known = false;
      else total += count;
    }
    if (known) return total > 0;
  }
  return undefined;
}
