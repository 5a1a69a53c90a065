import { agree, behind, type Claim, goroutinesOf, type Rule } from './rule.js';

const name = 'empty-select';

/**
 * `select {}` never ends. People write it on purpose, to keep a program running: as long as anyone else runs it is
 * no fault, and only others who wait behind it make it worth a word.
 */
export const emptySelect: Rule = {
  name,
  apply: (input) =>
    input.knots.flatMap((knot): Claim[] => {
      const [bucket] = knot.buckets;
      if (bucket?.wait.kind !== 'empty-select') return [];
      if (input.someoneRuns && knot.victims.length === 0) return [];
      const { userLocation: at } = bucket.signature;
      return [
        {
          rule: name,
          class: 'communication',
          subtype: 'channel',
          certainty: input.someoneRuns ? 'suspected' : 'proved',
          knot,
          summary: `${goroutinesOf(knot.buckets)} ${agree(knot.buckets, 'waits', 'wait')} in a select without cases in ${at.function}${behind(knot.victims)}.`,
          explanation: `The statement is at ${at.file}:${at.line}: nothing can ever wake it.`,
          suggestion: 'Wait for something that happens: a signal, a context, a wait group.',
          roles: new Map([[bucket.key, 'waits for nothing']]),
        },
      ];
    }),
};
