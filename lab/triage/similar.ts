import type { Item } from './item.js';

/** A set of blocked places, each with how much it says. */
type Weights = ReadonlyMap<string, number>;

/** Who waits for work stands there in healthy programs too: such a place says less. */
const weightOf = (mustEnd: boolean): number => (mustEnd ? 4 : 1);

/** Share of what two hangs have in common from which on they are taken for one. */
const alikeFrom = 0.5;

/**
 * Items without a cause, those that are blocked at about the same places together: who is blocked as a consequence differs
 * from capture to capture. The result does not depend on the order of the items.
 */
export function alike(items: readonly Item[]): readonly (readonly Item[])[] {
  const sets = new Map<string, { readonly weights: Weights; readonly items: Item[] }>();
  for (const item of items) {
    const weights = weightsOf(item);
    const key = JSON.stringify([...weights.keys()]);
    const known = sets.get(key);
    if (known === undefined) sets.set(key, { weights, items: [item] });
    else known.items.push(item);
  }
  const distinct = [...sets].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, set]) => set);
  const leader = distinct.map((_, i) => i);
  const find = (i: number): number => {
    let at = i;
    while (leader[at] !== at) at = leader[at] ?? at;
    return at;
  };
  for (let i = 0; i < distinct.length; i += 1) {
    for (let k = 0; k < i; k += 1) {
      const [a, b] = [distinct[i], distinct[k]];
      if (a !== undefined && b !== undefined && share(a.weights, b.weights) >= alikeFrom)
        leader[find(i)] = find(k);
    }
  }
  const groups = new Map<number, Item[]>();
  for (const [i, set] of distinct.entries()) {
    const own = groups.get(find(i)) ?? [];
    own.push(...set.items);
    groups.set(find(i), own);
  }
  return [...groups.values()];
}

function weightsOf({ told }: Item): Weights {
  const places = told?.places ?? [];
  return new Map(
    places
      .map(({ place, mustEnd }) => [place, weightOf(mustEnd)] as const)
      .sort(([a], [b]) => (a < b ? -1 : 1)),
  );
}

/** What both have of what either has, by weight. */
function share(a: Weights, b: Weights): number {
  let both = 0;
  let either = 0;
  for (const [place, weight] of a) {
    either += weight;
    if (b.has(place)) both += weight;
  }
  for (const [place, weight] of b) if (!a.has(place)) either += weight;
  return either === 0 ? 0 : both / either;
}
