import type { GroupAhead } from '../../source/facts.js';
import type { Releaser } from '../graph/releaser.js';
import type { Locator } from '../model/locator.js';
import type { Bucket } from '../model/snapshot.js';
import type { WaitObject } from '../model/wait-object.js';
import type { SearchContext } from './context.js';
import type { ReleaserSearch } from './search.js';
import { syncFacts } from './sync-facts.js';

/** Of larger buckets not every goroutine is asked which group it waits for. */
const mostAsked = 8;

/**
 * Who has to wait for a wait group on the way to what would end a wait comes only after all who have its `Done` ahead:
 * where one of them is stuck, it never comes. A `Done` counts that is deferred already, by a goroutine whose group was seen.
 */
export async function waitForGroups(
  searches: Map<WaitObject, ReleaserSearch>,
  context: SearchContext,
  locator: Locator,
): Promise<void> {
  const factsOf = syncFacts(context, locator);
  const byKey = new Map(context.buckets.map((bucket) => [bucket.key, bucket]));

  /** The group that all goroutines of a bucket wait for there. */
  async function groupOf(bucket: Bucket, { frame: at, expr }: GroupAhead): Promise<number | undefined> {
    const frame = bucket.signature.frames[at];
    if (frame === undefined || bucket.count > Math.min(mostAsked, bucket.ids.length)) return undefined;
    const addresses = new Set<number | string>();
    for (const id of bucket.ids) addresses.add(await locator.address(id, frame.index, expr));
    const [only, ...others] = addresses;
    return typeof only === 'number' && others.length === 0 ? only : undefined;
  }

  async function membersOf(bucket: Bucket, group: GroupAhead): Promise<readonly string[]> {
    const address = await groupOf(bucket, group);
    if (address === undefined) return [];
    const { stacks } = await factsOf([group.op], 'wait');
    return [...stacks.values()].flatMap((meanings) =>
      meanings
        .of(address)
        .filter(({ kind, spot }) => kind === 'same' && spot.times === 'sure')
        .map((meaning) => meaning.bucket.key),
    );
  }

  for (const [object, search] of searches) {
    if (!search.releasers.some(hasGroups)) continue;
    const releasers: Releaser[] = [];
    for (const releaser of search.releasers) {
      const bucket = releaser.kind === 'bucket' ? byKey.get(releaser.bucket) : undefined;
      if (!hasGroups(releaser) || bucket === undefined) {
        releasers.push(releaser);
        continue;
      }
      const members = new Set(releaser.behind);
      const { groups = [], ...rest } = releaser;
      const closed: GroupAhead[] = [];
      for (const group of groups) {
        const found = (await membersOf(bucket, group)).filter((key) => key !== bucket.key);
        for (const key of found) members.add(key);
        if (found.length > 0) closed.push(group);
      }
      releasers.push(closed.length === 0 ? rest : { ...rest, behind: [...members], groups: closed });
    }
    searches.set(object, { ...search, releasers });
  }
}

const hasGroups = (r: Releaser): r is Extract<Releaser, { kind: 'bucket' }> =>
  r.kind === 'bucket' && r.groups !== undefined;
