import type { Releaser } from '../graph/releaser.js';
import { type Bucket, isPrivateRuntime, type SyncObject, type Wait } from '../model/snapshot.js';
import type { Leak } from './search.js';

type SyncWait = Extract<Wait, { kind: 'sync' }>;
type BucketReleaser = Extract<Releaser, { kind: 'bucket' }>;

export const waitsFor = ({ wait }: Bucket, address: number) =>
  wait.kind === 'sync' && wait.address === address;

interface Known {
  readonly object: SyncObject | undefined;
  readonly buckets: ReadonlyMap<string, Bucket>;
  /** Functions that return with the lock. */
  readonly leaks: readonly Leak[];
  /** Others may come that were not seen. */
  readonly isOpen: boolean;
}

/**
 * Somebody has the lock. Where one goroutine alone stands where it may have it, and nobody left with it, it does; and so
 * does one that waits for itself.
 */
export function withTheHolder(
  possible: readonly Releaser[],
  wait: SyncWait,
  known: Known,
): readonly Releaser[] {
  const standing = possible.flatMap((r) => (r.kind === 'bucket' ? [r] : []));
  if (known.isOpen || standing.length < possible.length || standing.some((r) => r.holds)) return possible;
  const holder = holderAmong(standing, wait, known);
  // Of frames that may have it the outermost is the first that got it.
  if (holder === undefined) return possible.toSorted((a, b) => outerness(b) - outerness(a));
  const { mayHold: _, ...one } = holder;
  return [
    { ...one, certain: true, holds: true, how: { ...one.how, alone: true } },
    ...standing.filter(({ bucket }) => bucket !== holder.bucket),
  ];
}

/** A writer waits for so many readers: where all of them were seen, whoever else would give a read lock back has none yet. */
export function allReaders(
  possible: readonly Releaser[],
  { mode }: SyncWait,
  { object, buckets, isOpen }: Known,
): readonly Releaser[] | undefined {
  if (mode !== 'drain' || isOpen || object?.state.kind !== 'rwmutex' || object.untold === true)
    return undefined;
  const readers = possible.filter((r) => r.kind === 'bucket' && r.certain && r.holds === true);
  const keys = new Set(readers.flatMap((r) => (r.kind === 'bucket' ? [r.bucket] : [])));
  const isOneEach = [...keys].every((key) => buckets.get(key)?.count === 1);
  return isOneEach && keys.size > 0 && keys.size === object.state.rwmutex.readerWait ? readers : undefined;
}

const outerness = (r: Releaser) => (r.kind === 'bucket' && r.mayHold ? r.how.frame : 0);

function holderAmong(
  standing: readonly BucketReleaser[],
  { address, mode, objectKind }: SyncWait,
  { object, buckets, leaks }: Known,
): BucketReleaser | undefined {
  const waitsHere = (key: string) => {
    const bucket = buckets.get(key);
    return bucket === undefined || waitsFor(bucket, address);
  };
  const candidates = standing.filter((r) => r.mayHold || !waitsHere(r.bucket));
  const own = candidates.filter((r) => waitsHere(r.bucket) && hasItFurtherOut(r, buckets.get(r.bucket)));
  const isLikely = (r: BucketReleaser) => r.mayHold === 'likely';
  const only = own.find(isLikely) ?? candidates.find(isLikely) ?? (leaks.length === 0 ? own[0] : undefined);
  if (only === undefined || candidates.some(({ bucket }) => bucket !== only.bucket)) return undefined;
  if (buckets.get(only.bucket)?.count !== 1) return undefined;
  // Who waits for it has it only by a frame that has called the one that waits.
  if (waitsHere(only.bucket) && !own.includes(only)) return undefined;
  const { takenBy } = only.how;
  // A function that takes it for others returns with it: no other one may have been left with it.
  if (leaks.some((leak) => !own.includes(only) || leak.function !== takenBy)) return undefined;
  if (objectKind === 'mutex') return only;
  // Of several readers the others would have to be found as well.
  const isOneReader = object?.state.kind === 'rwmutex' && object.state.rwmutex.readerWait === 1;
  return mode === 'drain' && object?.untold !== true && isOneReader ? only : undefined;
}

/** In a frame that has called the one which waits: what that one is about to take is not meant. */
function hasItFurtherOut({ how }: BucketReleaser, bucket: Bucket | undefined): boolean {
  const frames = bucket?.signature.frames ?? [];
  const waiting = frames.find(
    ({ function: name }) => !isPrivateRuntime(name) && !/^(?:internal\/)?sync\./.test(name),
  );
  return how.kept === undefined && waiting !== undefined && how.frame > waiting.index;
}
