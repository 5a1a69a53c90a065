import { channelRule, poolsIn } from './channel-shape.js';
import { allUnits, givenBackBy, handleTypes } from './pool-words.js';
import { agree, behind, goroutinesOf } from './rule.js';

/** Everything that a pool has was taken and never given back, and nobody is left who could. */
export const leakedConnection = channelRule('leaked-connection', 'leaked-units', (knot, input) => {
  const [pool] = poolsIn(knot, input);
  if (pool === undefined) return undefined;
  const { unit, type, limit, limitedBy, units } = pool;
  const one = limit === 1;
  const all = allUnits(pool).replace(/^\w/, (c) => c.toLowerCase());
  const types = handleTypes(units);
  const through = types === '' ? '' : ` through an open ${types}`;
  const back = givenBackBy(units) || 'giving it back';
  return {
    summary: `${goroutinesOf(knot.buckets)} ${agree(knot.buckets, 'waits', 'wait')} for a ${unit} of ${type}; ${all} ${one ? 'was' : 'were'} taken and never given back${behind(knot.victims)}.`,
    explanation: `${one ? 'It' : 'Each'} is still in use${through}, but nothing alive leads to it, no stack and no variable: the function that took it has returned without ${back}. The limit is ${limit} (${limitedBy}).`,
    suggestion: `Give the ${unit} back on every path, also after an error or an early return: defer ${back} right after it was taken.`,
    roles: new Map(knot.buckets.map((bucket) => [bucket.key, `waits for a ${unit} that nobody gives back`])),
  };
});
