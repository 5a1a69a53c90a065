import type { EvaluateNumber } from './timers.js';

/** Where the monitor notes when it last saw a P go on (`sysmontick` of runtime/proc.go), by its own clock. */
const seen = ['sysmontick.schedwhen', 'sysmontick.syscallwhen'];
const mostProcessors = 64;

/**
 * The latest moment that the runtime has noted, in nanoseconds of its own clock, as `g.waitsince` is: the process was
 * looked at then or later. 0 when it cannot be read.
 */
export async function latestMoment(evaluate: EvaluateNumber): Promise<number> {
  const processors = Math.min(mostProcessors, (await evaluate('len(runtime.allp)')) ?? 0);
  const expressions = Array.from({ length: processors }, (_, i) =>
    seen.map((field) => `runtime.allp[${i}].${field}`),
  ).flat();
  const moments = await Promise.all(expressions.map(evaluate));
  return moments.reduce<number>((latest, moment) => Math.max(latest, moment ?? 0), 0);
}
