import { type Knot, objectsOf } from './wait-for-graph.js';

/**
 * Knots of the same shape, made by the same code over and over (a sender left behind by each request), are one
 * story: one knot stands for all of them.
 */
export function foldAlike(knots: readonly Knot[]): Knot[] {
  const groups = new Map<string, Knot[]>();
  for (const knot of knots) {
    const key = shapeOf(knot);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [knot]);
    else group.push(knot);
  }
  return [...groups.values()].flatMap((alike) => {
    const [example] = alike;
    if (example === undefined || alike.length === 1) return example ?? [];
    // Goroutines that nobody serves on any of several channels are in a knot for each.
    const cells = [...new Set(alike.flatMap((knot) => knot.cells))];
    return {
      ...(cells.length === example.cells.length ? {} : { example }),
      cells,
      objects: alike.flatMap((knot) => knot.objects),
      victims: [...new Set(alike.flatMap((knot) => knot.victims))],
      starved: [...new Set(alike.flatMap((knot) => knot.starved))],
    };
  });
}

/** Who waits where and in which way; not for which object. */
function shapeOf({ cells }: Knot): string {
  const parts = cells.map((cell) => {
    const ways = objectsOf(cell).map((object) => object.slice(0, object.indexOf(':')));
    return `${cell.signature.id} ${cell.wait.kind} ${ways.sort().join(',')}`;
  });
  return parts.sort().join('; ');
}
