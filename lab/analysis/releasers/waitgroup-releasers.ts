import type { Releaser } from '../graph/releaser.js';
import type { SyncObject } from '../model/snapshot.js';
import { evidence, openEntry } from './context.js';
import type { Meaning } from './meaning.js';
import type { SyncFacts } from './sync-facts.js';

type BucketReleaser = Extract<Releaser, { kind: 'bucket' }>;

/** A frame from which a `Done` of the group is still to come. */
interface Pending {
  readonly releaser: BucketReleaser;
  readonly count: number;
  /** Of these it was seen that they mean this very group. */
  readonly seen: number;
  /** `once`: no loop leads there again. `sure`: it is deferred already, so that nothing can keep it from coming. */
  readonly times: 'sure' | 'once' | 'many';
}

/**
 * Who could bring the counter of a wait group down. Each of them does so by one: where just as many goroutines have
 * a `Done` to come as the counter says, all of them are needed, and the wait ends with the last (`required`).
 */
export function groupReleasers(
  { class: found, stacks, routes, gates }: SyncFacts,
  address: number,
  object: SyncObject | undefined,
  isOpen: boolean,
): Releaser[] {
  const pending: Pending[] = [];
  const called: Releaser[] = [];
  for (const operation of found.operations) {
    const at = { ...operation, kind: 'done', expression: operation.expr };
    for (const meaning of stacks.get(operation)?.of(address) ?? []) pending.push(pendingOf(meaning, at));
    for (const meaning of routes.get(operation)?.of(address) ?? []) {
      const behind = gates.behind(meaning.spot.gates, address);
      const how = evidence(at, meaning);
      called.push({
        kind: 'bucket',
        bucket: meaning.bucket.key,
        certain: false,
        ...(behind.length === 0 ? {} : { behind }),
        how,
      });
    }
    for (const entry of operation.open) called.push(openEntry(entry, gates.behind(entry.gates, address)));
  }
  const counter = object?.state.kind === 'waitgroup' ? object.state.waitgroup.counter : undefined;
  const needed = counter !== undefined && neededAll(pending, counter, isOpen || called.length > 0);
  const own = pending.map(({ releaser, seen, times }) =>
    needed && releaser.certain && seen > 0 && times !== 'many'
      ? { ...releaser, required: true as const }
      : releaser,
  );
  return [...own, ...called];
}

function pendingOf(meaning: Meaning, at: Parameters<typeof evidence>[0]): Pending {
  const certain = meaning.kind === 'same';
  return {
    releaser: { kind: 'bucket', bucket: meaning.bucket.key, certain, how: evidence(at, meaning) },
    count: meaning.bucket.count,
    seen: certain ? meaning.seen : 0,
    times: meaning.spot.times ?? 'many',
  };
}

/** Either the counter is accounted for by those seen, or there are no more than that who could be meant. */
function neededAll(pending: readonly Pending[], counter: number, others: boolean): boolean {
  const sure = pending.filter(({ times }) => times === 'sure').reduce((sum, { seen }) => sum + seen, 0);
  if (sure === counter) return pending.every(({ times }) => times === 'sure');
  const all = pending.reduce((sum, { count }) => sum + count, 0);
  return !others && all <= counter && pending.every(({ times }) => times !== 'many');
}
