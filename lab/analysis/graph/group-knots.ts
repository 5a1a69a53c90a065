import { objectsOf } from '../model/wait-object.js';
import type { Knot } from './knots.js';

/**
 * Knots of the same shape, made by the same code over and over (a sender left behind by each request), are one
 * story: one knot stands for all of them. Knots that `apart` tells from the others are folded among themselves.
 */
export function foldAlike(knots: readonly Knot[], apart: (knot: Knot) => boolean = () => false): Knot[] {
  const groups = new Map<string, Knot[]>();
  for (const knot of knots) {
    const key = `${shapeOf(knot)} ${apart(knot)}`;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [knot]);
    else group.push(knot);
  }
  return [...groups.values()].flatMap(joinKnots);
}

/** One knot for several that are one story; nothing for none. */
export function joinKnots(knots: readonly Knot[]): Knot[] {
  const [first] = knots;
  if (first === undefined || knots.length === 1) return first === undefined ? [] : [first];
  const all = <T>(pick: (knot: Knot) => readonly T[]) => [...new Set(knots.flatMap(pick))];
  // Goroutines that nobody serves on any of several channels are in a knot for each.
  const buckets = all((knot) => knot.buckets);
  const example = first.example ?? first;
  return [
    {
      ...(buckets.length === example.buckets.length ? {} : { example }),
      buckets,
      objects: all((knot) => knot.objects),
      victims: all((knot) => knot.victims),
      starved: all((knot) => knot.starved),
    },
  ];
}

/** Who waits where and in which way; not for which object. */
function shapeOf({ buckets }: Knot): string {
  const parts = buckets.map((bucket) => {
    const ways = objectsOf(bucket).map((object) => object.mode);
    return `${bucket.signature.id} ${bucket.wait.kind} ${ways.sort().join(',')}`;
  });
  return parts.sort().join('; ');
}
