import type { Knot } from '../graph/knots.js';
import { peersOf, type ReleaseEvidence } from '../graph/releaser.js';
import { isPoolCode } from '../model/frames.js';
import type { Pool, PoolUnit } from '../model/pool.js';
import type { Bucket } from '../model/snapshot.js';
import type { RuleInput } from './rule.js';

/** `All 4 connections of sql.DB`, `The only permit of main.Renderer.slots`, `3 of 4 permits of ...`. */
export function allUnits({ limit, open, unit, type }: Pool): string {
  if (limit === 1) return `The only ${unit} of ${type}`;
  return open < limit ? `${open} of ${limit} ${unit}s of ${type}` : `All ${limit} ${unit}s of ${type}`;
}

/** Who of a knot has something of its pools, and what shows it. */
export function holdersIn({ buckets, objects }: Knot, { graph }: RuleInput) {
  const held = new Map<string, ReleaseEvidence[]>();
  for (const object of objects) {
    for (const { bucket, certain, how } of peersOf(object, graph.releasers.get(object) ?? [])) {
      if (how.operation !== 'give-back' || how.place === 'given back' || !certain) continue;
      const own = held.get(bucket) ?? [];
      held.set(bucket, own.includes(how) ? own : [...own, how]);
    }
  }
  return buckets.flatMap((bucket) => {
    const how = held.get(bucket.key);
    return how === undefined ? [] : [{ bucket, how }];
  });
}

/** `a sql.Rows taken at /a/b.go:12 in main.list`, each way once. */
export function heldThrough(holders: readonly { readonly how: readonly ReleaseEvidence[] }[]): string {
  const ways = holders.flatMap(({ how }) =>
    how.map(({ expression: what, place, file, line, function: name }) => {
      return `a ${what} ${place === 'taken' ? 'taken at' : 'at'} ${file}:${line} in ${name}`;
    }),
  );
  return [...new Set(ways)].slice(0, maxWays).join(' or ');
}

const maxWays = 3;

/** `Close`, of each kind of handle once. */
export const givenBackBy = (units: readonly PoolUnit[]): string =>
  [...new Set(units.flatMap(({ handle }) => handle?.givenBackBy ?? []))].join(' and ');

/** `sql.Rows`, of each kind of handle once; nothing where garbage collection has taken all. */
export const handleTypes = (units: readonly PoolUnit[]): string =>
  [...new Set(units.flatMap(({ handle }) => handle?.type ?? []))].join(' and ');

/** Where the program asks for more, in the first of its frames. */
export function askedAt([bucket]: readonly Bucket[], { isLibrary }: RuleInput): string {
  const frame = bucket?.signature.frames.find(
    ({ file, function: name }) => !isLibrary(file) && !isPoolCode(name),
  );
  return frame === undefined ? 'an unknown place' : `${frame.file}:${frame.line}`;
}
