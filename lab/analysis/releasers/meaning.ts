import type { Spot } from '../../source/facts.js';
import type { Frame } from '../model/frames.js';
import type { Address, Locator } from '../model/locator.js';
import type { Bucket } from '../model/snapshot.js';
import { type WaitObject, waitObject } from '../model/wait-object.js';

/** What a spot means in one bucket, for one object. */
export interface Meaning {
  readonly spot: Spot;
  readonly bucket: Bucket;
  readonly frame: Frame;
  /** `same`: it was seen to be this very object; `unsure`: it may be. */
  readonly kind: 'same' | 'unsure';
  readonly goroutine: number;
  readonly kept?: true;
  /** Every goroutine was asked and means another object now: what it means changes, and this may be next. */
  readonly mayBeNext?: true;
  /** The goroutine waits to receive the value that the object would be in. */
  readonly renewed?: true;
  /** Goroutines of the bucket of which it was seen. */
  readonly seen: number;
  /** It comes there only when one of these ends its wait. */
  readonly onlyBy?: readonly WaitObject[];
}

interface Read {
  readonly goroutine: number;
  readonly address: Address;
  /** By a pointer in the frame; no expression shows it. */
  readonly kept?: true;
}

interface Entry {
  readonly spot: Spot;
  readonly bucket: Bucket;
  readonly frame: Frame;
  readonly called: Frame | undefined;
  readonly place: number;
  readonly reads: readonly Read[];
  /** Not every goroutine of the bucket was asked, or the variable may change until then. */
  readonly open: boolean;
  readonly onlyBy: readonly WaitObject[] | undefined;
}

/** What spots mean, by object: each frame is asked once, however many objects there are. */
export interface Meanings {
  of(address: number): readonly Meaning[];
}

/** On threads, goroutines with the same Go frames may be at different places of the runtime: no index fits all. */
export const hasOwnFrames = ({ signature, count }: Bucket) => signature.status === 'syscall' && count > 1;

/** Where one place has more objects than these, the frames' memory tells of the others what it can. */
const maxEvaluated = 200;

/** Reads what the spots mean in the goroutines of `bucketsOf` their stack; of each bucket at most `maxAsked`. */
export async function readMeanings(
  spots: readonly Spot[],
  bucketsOf: (stack: number) => readonly Bucket[],
  locator: Locator,
  {
    maxAsked,
    maxReads = Number.POSITIVE_INFINITY,
  }: { readonly maxAsked: number; readonly maxReads?: number },
): Promise<Meanings> {
  const byAddress = new Map<number, Entry[]>();
  const unsure: Entry[] = [];
  let left = maxReads;
  let place = 0;
  for (const spot of spots) {
    let evaluated = 0;
    for (const bucket of bucketsOf(spot.stack)) {
      const frame = bucket.signature.frames[spot.frame];
      if (frame === undefined) continue;
      const reads: Read[] = [];
      if (spot.waited === true) {
        for (const address of waitedBy(bucket)) reads.push({ goroutine: bucket.ids[0] ?? 0, address });
      }
      for (const goroutine of spot.waited === true ? [] : bucket.ids.slice(0, maxAsked)) {
        const readable = spot.expr !== '' && left > 0 && evaluated < maxEvaluated;
        if (readable) {
          left -= 1;
          evaluated += 1;
        }
        const read = readable ? await locator.address(goroutine, frame.index, spot.expr) : 'unreadable';
        const query = { goroutine, frame, called: calledBy(bucket, spot.frame) };
        if (read !== 'unreadable' || spot.via === undefined) reads.push({ goroutine, address: read });
        else {
          const address = locator.through({ ...query, via: spot.via, waited: waitedBy(bucket) });
          reads.push({ goroutine, address, kept: true });
        }
      }
      const open =
        (spot.waited !== true && bucket.count > reads.length) || hasOwnFrames(bucket) || !spot.stays;
      const onlyBy = await neededArms(spot, bucket, frame, locator);
      const called = calledBy(bucket, spot.frame);
      const entry = { spot, bucket, frame, called, place: place++, reads, open, onlyBy };
      const addresses = new Set(
        reads.flatMap((read) => (typeof read.address === 'number' ? [read.address] : [])),
      );
      for (const address of addresses) {
        const list = byAddress.get(address);
        if (list === undefined) byAddress.set(address, [entry]);
        else list.push(entry);
      }
      if (open || spot.renewed === true || reads.some((read) => read.address === 'unreadable'))
        unsure.push(entry);
    }
  }
  return {
    of(address) {
      const entries = new Set([...(byAddress.get(address) ?? []), ...unsure]);
      return [...entries]
        .sort((a, b) => a.place - b.place)
        .flatMap((entry) => meaningOf(entry, address, locator) ?? []);
    },
  };
}

function meaningOf(
  { spot, bucket, frame, called, reads, open, onlyBy }: Entry,
  address: number,
  locator: Locator,
): Meaning | undefined {
  if (spot.renewed === true)
    return { spot, bucket, frame, seen: 0, kind: 'unsure', goroutine: bucket.ids[0] ?? 0, renewed: true };
  let unsure = open;
  let first: { readonly goroutine: number; readonly kept?: true } | undefined;
  let seen = 0;
  for (const read of reads) {
    if (read.address === address) {
      first ??= { goroutine: read.goroutine, ...(read.kept === true ? { kept: true } : {}) };
      seen += 1;
      continue;
    }
    if (read.address !== 'unreadable') continue;
    const query = { goroutine: read.goroutine, frame, called, address };
    if (spot.loose === true && locator.holds(query)) {
      first ??= { goroutine: read.goroutine, kept: true };
      seen += 1;
      continue;
    }
    if (spot.bound !== undefined && locator.binds({ ...query, ...spot.bound })) {
      first ??= { goroutine: read.goroutine, kept: true };
      seen += 1;
      continue;
    }
    const kept = spot.owner === undefined ? 'unreadable' : locator.keeps({ ...query, owner: spot.owner });
    if (kept === 'kept') {
      first ??= { goroutine: read.goroutine, kept: true };
      seen += 1;
    } else if (kept === 'unreadable') unsure = true;
  }
  const common = { spot, bucket, frame, seen, ...(onlyBy === undefined ? {} : { onlyBy }) };
  if (first !== undefined) return { ...common, kind: 'same', ...first };
  if (!unsure) return undefined;
  const asked = reads.length === bucket.count && !reads.some((read) => read.address === 'unreadable');
  const next = asked && !spot.stays && !hasOwnFrames(bucket) ? { mayBeNext: true as const } : {};
  return { ...common, kind: 'unsure', goroutine: bucket.ids[0] ?? 0, ...next };
}

/** The channels of the cases from which a frame comes to a spot; nothing where one of them cannot be told. */
async function neededArms(
  { arms, frame: index }: Spot,
  bucket: Bucket,
  frame: Frame,
  locator: Locator,
): Promise<readonly WaitObject[] | undefined> {
  const [goroutine] = bucket.ids;
  if (arms === undefined || goroutine === undefined || bucket.wait.kind !== 'channel') return undefined;
  const { cases } = bucket.wait;
  const out: WaitObject[] = [];
  for (const { expr, via, kind } of arms) {
    const read = expr === '' ? 'unreadable' : await locator.address(goroutine, frame.index, expr);
    const query = { goroutine, frame, called: calledBy(bucket, index) };
    const address =
      read === 'unreadable' && via !== undefined
        ? locator.through({ ...query, via, waited: waitedBy(bucket) })
        : read;
    const known = cases.find(({ channel, direction }) => channel === address && direction === kind);
    if (known === undefined) return undefined;
    out.push(waitObject(known.direction, known.channel));
  }
  return out;
}

/** The addresses of what a goroutine waits for. */
function waitedBy({ wait }: Bucket): ReadonlySet<number> {
  if (wait.kind === 'sync') return new Set([wait.address]);
  return new Set(wait.kind === 'channel' ? wait.cases.map(({ channel }) => channel) : []);
}

/** The nearest frame inside that has memory of its own: inlined calls share their caller's. */
export function calledBy({ signature: { frames } }: Bucket, index: number): Frame | undefined {
  const own = frames[index]?.offset ?? 0;
  return frames.slice(0, index).findLast((inner) => (inner.offset ?? 0) < own);
}
