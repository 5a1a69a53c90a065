import type { Releaser } from '../graph/releaser.js';
import { type PipeEnd, pipeEndOf } from '../model/pipe-ends.js';
import { type Bucket, isPrivateRuntime } from '../model/snapshot.js';
import { objectsOf, type WaitObject } from '../model/wait-object.js';
import type { channelSearch } from './channels.js';
import { waitingFrame } from './channels.js';
import { evidenceKind, type SearchContext } from './context.js';
import type { OperationPlace, ReleaserSearch } from './search.js';
import type { WaitingPlaces } from './waiting-ops.js';

/** Frames of the program that are asked what they receive from when they go on. */
const mostFrames = 64;
/** Channels that are evaluated in these frames. */
const mostReceives = 128;

/** A channel that goroutines which wait for something else would receive from, with its operations. */
type Queues = ReadonlyMap<number, ReadonlyMap<number, boolean>>;

/**
 * What the sources leave open, memory may rule out: whoever is to end a wait must get at what is waited for. Where
 * nothing leads there but the stacks of goroutines that wait themselves, and requests that wait in a channel, only these
 * goroutines, and those who receive from that channel, count.
 */
export async function narrowByMemory(
  searches: Map<WaitObject, ReleaserSearch>,
  context: SearchContext,
  places: WaitingPlaces,
  ofChannel: ReturnType<typeof channelSearch>,
  isLive: (bucket: Bucket) => boolean,
): Promise<void> {
  const { snapshot, buckets } = context;
  const parked = buckets.filter((bucket) => !isLive(bucket));
  const isLost = ({ address }: WaitObject) => snapshot.reached?.reaches(address) === false;
  // Of what nothing alive reaches at all, memory tells more already, but for connections within it: who reads at one end
  // waits for whoever has the other one. Of a pipe that is written to, who has it is the writer himself.
  const inPipes = (end: PipeEnd['end']) =>
    buckets.filter((bucket) => pipeEndOf(bucket)?.end === end).flatMap((bucket) => objectsOf(bucket));
  const written = new Set(inPipes('write'));
  const isConnected = inPipes('read').some(isLost);
  const open = [...searches].filter(
    ([object, { releasers, pool }]) =>
      pool === undefined && isOpen(releasers) && (!isLost(object) || (isConnected && !written.has(object))),
  );
  if (snapshot.leadersTo === undefined || open.length === 0) return;
  const queues = await queuesAhead(parked, context, places);
  const leaders = await snapshot.leadersTo({
    goroutines: parked.flatMap(({ ids }) => ids),
    queues: [...queues.keys()],
    targets: open.map(([{ address }]) => address),
  });
  const byId = new Map(parked.flatMap((bucket) => bucket.ids.map((id) => [id, bucket] as const)));
  for (const [object, search] of open) {
    const told = leaders?.get(object.address);
    if (told === undefined) continue;
    const leading = new Set([...told.goroutines].flatMap((id) => byId.get(id) ?? []));
    // Where only those who wait lead there, the sources may have it that somebody came before and left nothing to come by.
    if (told.queues.size === 0 && [...leading].every((bucket) => waitsFor(bucket, object))) continue;
    const queued: { readonly address: number; readonly found: ReleaserSearch }[] = [];
    for (const address of told.queues) {
      const found = await ofChannel.ofPlaces(queues.get(address) ?? new Map(), address, 'send');
      queued.push({ address, found });
    }
    const takers = queued.flatMap(({ found }) => found.releasers.map(inQueue));
    searches.set(object, {
      ...search,
      releasers: [...byLeaders(object, search, leading, told.queues.size > 0), ...takers],
      leaders: {
        goroutines: [...told.goroutines],
        queues: queued.map(({ address, found }) => ({ address, name: found.name })),
        bySources: search.releasers,
      },
    });
  }
}

const waitsFor = (bucket: Bucket, object: WaitObject) =>
  objectsOf(bucket).some(({ address, mode }) => address === object.address && mode === object.mode);

const isOpen = (releasers: readonly Releaser[]) => releasers.some((r) => r.kind === 'open' || !r.certain);

/** Who takes a request out of the queue that it waits in would answer it next. */
const inQueue = (taker: Releaser): Releaser =>
  taker.kind === 'open' ? taker : { ...taker, how: { ...taker.how, answers: true } };

/** Of all who may come by the sources those who can get at the object; and where code is not known, all who can. */
function byLeaders(
  object: WaitObject,
  { releasers, operations }: ReleaserSearch,
  leading: ReadonlySet<Bucket>,
  isQueued: boolean,
): Releaser[] {
  const keys = new Set([...leading].map(({ key }) => key));
  const seen = releasers.filter((r) => r.kind === 'bucket' && keys.has(r.bucket));
  const [only, ...more] = [...leading].filter((bucket) => !waitsFor(bucket, object));
  const alone = more.length === 0 && !isQueued && only?.count === 1 ? only.key : undefined;
  const known = new Set(seen.flatMap((r) => (r.kind === 'bucket' ? [r.bucket] : [])));
  const unknown = releasers.find(({ kind }) => kind === 'open');
  const others =
    unknown === undefined
      ? []
      : [...leading].filter(
          (bucket) =>
            !known.has(bucket.key) &&
            (bucket.wait.kind !== 'channel' || bucket.wait.cases.length > 1 || !waitsFor(bucket, object)),
        );
  return [
    ...seen.map((r) => (r.kind === 'bucket' && r.bucket === alone ? asOnly(r) : r)),
    ...others.map((bucket) => leader(bucket, operations[0], unknown)),
  ];
}

/** Nobody else can get at the object: it is this one that the goroutine means. */
const asOnly = (releaser: Extract<Releaser, { kind: 'bucket' }>): Releaser =>
  releaser.certain ? releaser : { ...releaser, certain: true, how: { ...releaser.how, alone: true } };

/** A goroutine that can get at the object; no way on which it comes to that was seen. */
function leader(
  bucket: Bucket,
  operation: OperationPlace | undefined,
  unknown: Releaser | undefined,
): Releaser {
  const frame = waitingFrame(bucket);
  if (operation === undefined || frame === undefined)
    return {
      kind: 'open',
      why: unknown?.kind === 'open' ? unknown.why : '',
      blind: false,
      behind: [bucket.key],
      leads: true,
    };
  const { kind, expression, file, line } = operation;
  return {
    ...{ kind: 'bucket', bucket: bucket.key, certain: false },
    how: {
      ...{ operation: evidenceKind(kind), expression, file, line },
      ...{ goroutine: bucket.ids[0] ?? 0, frame: frame.index, function: frame.function },
      leads: true,
    },
  };
}

/** The channels that goroutines would receive from when what they wait for now has ended, read in their outer frames. */
async function queuesAhead(
  parked: readonly Bucket[],
  { channels }: SearchContext,
  places: WaitingPlaces,
): Promise<Queues> {
  const items = parked
    .flatMap((bucket) => {
      const from = bucket.signature.frames.findIndex(({ function: name }) => !isPrivateRuntime(name));
      const outer = bucket.signature.frames.slice(from < 0 ? undefined : from + 1);
      return from < 0 ? [] : outer.map(({ index }) => ({ bucket, frame: index, kind: 'receive' }));
    })
    .slice(0, mostFrames);
  await places.ask(items);
  const out = new Map<number, Map<number, boolean>>();
  let left = mostReceives;
  for (const { bucket, frame } of items) {
    const [goroutine] = bucket.ids;
    for (const { op, expr } of places.of(bucket, frame, 'receive')) {
      if (expr === '' || goroutine === undefined || left-- <= 0) continue;
      const channel = await channels.address(goroutine, frame, expr);
      if (typeof channel !== 'number') continue;
      const ops = out.get(channel) ?? new Map<number, boolean>();
      out.set(channel, ops.set(op, true));
    }
  }
  return out;
}
