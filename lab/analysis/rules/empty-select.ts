import type { Bucket } from '../model/snapshot.js';
import { agree, behind, type Claim, goroutinesOf, type Rule, type RuleInput } from './rule.js';

const name = 'empty-select';

/**
 * `select {}` never ends. People write it on purpose in main, to keep a program running: as long as anyone else runs it
 * is no fault there, unless others wait behind it. Elsewhere it keeps nothing running, and whoever comes to it is lost;
 * but it may be meant so.
 */
export const emptySelect: Rule = {
  name,
  apply: (input) =>
    input.knots.flatMap((knot): Claim[] => {
      const [bucket] = knot.buckets;
      if (bucket?.wait.kind !== 'empty-select') return [];
      if (input.someoneRuns && knot.victims.length === 0 && keepsRunning(bucket, input)) return [];
      const { userLocation: at } = bucket.signature;
      return [
        {
          rule: name,
          class: 'communication',
          subtype: 'channel',
          certainty: input.someoneRuns ? 'suspected' : 'proved',
          knot,
          summary: `${goroutinesOf(knot.buckets)} ${agree(knot.buckets, 'waits', 'wait')} in a select without cases in ${at.function}${behind(knot.victims)}.`,
          explanation: `The statement is at ${at.file}:${at.line}: nothing can ever wake it.${keepsRunning(bucket, input) ? '' : ' It keeps no program running, as it would in main: the goroutine and all that its stack leads to are never freed.'}`,
          suggestion: 'Wait for something that happens: a signal, a context, a wait group.',
          roles: new Map([[bucket.key, 'waits for nothing']]),
        },
      ];
    }),
};

/** The main goroutine; or any other where that one has ended by `runtime.Goexit`, and others are all that runs. */
function keepsRunning({ ids }: Bucket, { graph }: RuleInput): boolean {
  return ids.includes(mainId) || !graph.buckets.some((bucket) => bucket.ids.includes(mainId));
}

const mainId = 1;
