import type { GroupAhead } from '../../source/facts.js';
import type { Knot } from '../graph/knots.js';
import { peersOf, type Releaser } from '../graph/releaser.js';
import type { Bucket } from '../model/snapshot.js';
import type { RuleInput } from './rule.js';

/** Who comes too late, and the group that it waits for before. */
export type Late = Pick<Extract<Releaser, { kind: 'bucket' }>, 'how'> & { readonly group: GroupAhead };

/** Whoever would end a wait, where it waits for a group first that goroutines of that bucket belong to. */
export function latecomer(releaser: Releaser, { key }: Bucket): Late | undefined {
  if (releaser.kind !== 'bucket' || releaser.bucket === key || releaser.behind?.includes(key) !== true)
    return undefined;
  const [group] = releaser.groups ?? [];
  return group === undefined ? undefined : { how: releaser.how, group };
}

/** Those of whom goroutines of a knot wait for one that waits for them first. */
export const latecomers = ({ objects, buckets }: Pick<Knot, 'objects' | 'buckets'>, { graph }: RuleInput) =>
  objects.flatMap((object) =>
    (graph.releasers.get(object) ?? []).flatMap((r) =>
      buckets.flatMap((bucket) => latecomer(r, bucket) ?? []),
    ),
  );

/** Nobody else comes to any object of the knot. */
export function isSelfWait(knot: Knot, input: RuleInput): boolean {
  const { objects, buckets } = knot.example ?? knot;
  return (
    objects.length > 0 &&
    objects.every(
      (object) =>
        peersOf(object, input.graph.releasers.get(object) ?? []).length === 0 &&
        latecomers({ objects: [object], buckets }, input).length > 0,
    )
  );
}
