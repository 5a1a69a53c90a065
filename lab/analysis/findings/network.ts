import type { ClientEnd, SelectCase, ServerEnd } from '../../goruntime/http-ends.js';
import type { Frame } from '../model/frames.js';
import { callerOfSync } from '../model/frames.js';
import type { Limits } from '../model/limits.js';
import type { Network, NetworkStep } from '../model/network.js';
import { type Bucket, hex } from '../model/snapshot.js';
import { objectsOf } from '../model/wait-object.js';
import type { NetworkEnds, WantedEnds } from '../read/network-ends.js';
import type { RuleInput } from '../rules/rule.js';
import { syncStateText } from './sync-evidence.js';

/*
 * What one process tells of a wait that goes on in another one: who waits for the answer to a request, and who works on a
 * request and can answer only when such a wait ends.
 */

const roundTrip = 'net/http.(*persistConn).roundTrip';
const serve = 'net/http.(*conn).serve';
/** Goroutines of one place whose connections are read. */
const mostServing = 4096;
const mostSteps = 16;
/** Requests whose connection is read: a gateway has thousands, and each takes milliseconds. */
const mostCalls = 512;

/** From a goroutine to one that waits for an answer, over the locks in between: none when it is the same. */
interface Path {
  readonly steps: readonly NetworkStep[];
  readonly call: Bucket;
}

interface Serving {
  readonly bucket: Bucket;
  readonly path: Path | undefined;
  readonly ids: readonly number[];
}

export interface NetworkStudy {
  readonly wanted: WantedEnds;
  /** What is not looked at. */
  readonly limits: Limits;
  /** With what memory tells of the connections. */
  told(ends: NetworkEnds): Network;
}

/** Finds who is to be looked at in memory. */
export function studyNetwork(input: RuleInput): NetworkStudy {
  const { graph, snapshot } = input;
  const byKey = new Map(graph.buckets.map((bucket) => [bucket.key, bucket]));
  const facts = factsOf(input);
  const serving = graph.buckets.flatMap((bucket): Serving[] => {
    if (!has(bucket, serve)) return [];
    const path = pathToCall(bucket, byKey, facts);
    if (path !== undefined) return [{ bucket, path, ids: membersOf(bucket, facts) }];
    // Of the others it is told when they came: the first of them is the oldest.
    return bucket.wait.kind === 'live' ? [] : [{ bucket, path, ids: bucket.ids }];
  });
  const needed = new Set(
    serving
      .toSorted((a, b) => (b.path?.steps.length ?? 0) - (a.path?.steps.length ?? 0))
      .flatMap(({ path }) => path?.call ?? []),
  );
  const callers = [...needed].slice(0, mostCalls);
  const calls = new Map(
    callers.flatMap((bucket) => bucket.ids.map((id) => [id, casesOf(bucket, snapshot.channels)] as const)),
  );
  return {
    wanted: { calls, serves: new Set(serving.flatMap(({ ids }) => ids)) },
    limits:
      needed.size <= mostCalls
        ? []
        : [
            `Of ${needed.size} requests that wait for an answer, ${mostCalls} were looked at, those with a lock held first.`,
          ],
    told(ends) {
      const endOf = <S extends 'calls' | 'serves'>(id: number, side: S) =>
        ends.get(id)?.find((end): end is Extract<ClientEnd | ServerEnd, { side: S }> => end.side === side);
      const common = (bucket: Bucket, goroutine: number) => ({
        ...{ goroutine, group: bucket.signature.id },
        location: placeOf(bucket, input),
      });
      return {
        calls: callers.flatMap((bucket) =>
          bucket.ids.flatMap((id) => {
            const end = endOf(id, 'calls');
            if (end === undefined) return [];
            const { local, remote, givesUp } = end;
            return [{ ...common(bucket, id), local, remote, givesUp }];
          }),
        ),
        serves: serving.flatMap(({ bucket, path, ids }) =>
          ids.flatMap((id) => {
            const end = endOf(id, 'serves');
            if (end === undefined) return [];
            const { local, remote, since } = end;
            const needs =
              path === undefined ? null : path.steps.length === 0 ? id : (path.call.ids[0] ?? null);
            return [{ ...common(bucket, id), local, remote, since, steps: [...(path?.steps ?? [])], needs }];
          }),
        ),
      };
    },
  };
}

const has = ({ signature }: Bucket, name: string) =>
  signature.frames.some((frame) => frame.function === name);

/** It stands in `roundTrip` itself, not in something that this has called. */
const isCall = (bucket: Bucket): boolean => bucket.wait.kind === 'channel' && has(bucket, roundTrip);

const casesOf = ({ wait }: Bucket, channels: RuleInput['snapshot']['channels']): readonly SelectCase[] =>
  wait.kind !== 'channel'
    ? []
    : wait.cases.map(({ channel }) => ({
        channel,
        elemType: channels.get(channel)?.elemType,
        isTimer: channels.get(channel)?.wokenFromOutside !== undefined,
      }));

/** What is asked over and over. */
interface NetworkFacts {
  readonly input: RuleInput;
  /** Buckets of each signature. */
  readonly buckets: ReadonlyMap<string, number>;
  /** Goroutines that wait for each object, by its address. */
  readonly waiting: ReadonlyMap<number, number>;
}

function factsOf(input: RuleInput): NetworkFacts {
  const buckets = new Map<string, number>();
  const waiting = new Map<number, number>();
  for (const bucket of input.graph.buckets) {
    const { id } = bucket.signature;
    buckets.set(id, (buckets.get(id) ?? 0) + 1);
    for (const address of new Set(objectsOf(bucket).map((object) => object.address)))
      waiting.set(address, (waiting.get(address) ?? 0) + bucket.count);
  }
  return { input, buckets, waiting };
}

/** All of a bucket where that is the only one of its stack; else those that are known. */
function membersOf({ signature: { id }, ids }: Bucket, { input, buckets }: NetworkFacts): readonly number[] {
  if (buckets.get(id) !== 1) return ids;
  const all = input.snapshot.roster?.find(({ group }) => group === id)?.ids;
  return all === undefined ? ids : [...all.subarray(0, mostServing)];
}

/** Along locks whose holder was seen for certain: a lock is given back by its holder alone. */
function pathToCall(
  from: Bucket,
  byKey: ReadonlyMap<string, Bucket>,
  facts: NetworkFacts,
  steps: readonly NetworkStep[] = [],
): Path | undefined {
  if (isCall(from)) return { steps, call: from };
  const [object, ...more] = objectsOf(from);
  if (object === undefined || more.length > 0 || object.kind !== 'sync' || steps.length >= mostSteps)
    return undefined;
  const { input, waiting } = facts;
  for (const releaser of input.graph.releasers.get(object) ?? []) {
    if (releaser.kind !== 'bucket' || !releaser.certain || releaser.holds !== true) continue;
    const holder = byKey.get(releaser.bucket);
    // Of several goroutines at one place it would not be known which one is meant.
    if (holder === undefined || holder.count !== 1) continue;
    const goroutine = holder.ids[0] ?? 0;
    if (steps.some((step) => step.holder === goroutine)) continue;
    const state = input.snapshot.syncObjects?.get(object.address);
    const { function: name, file, line, frame, expression } = releaser.how;
    const step: NetworkStep = {
      object: {
        ...{ kind: state?.state.kind ?? 'mutex', address: hex(object.address) },
        name: input.nameOf(object.address),
        state: state === undefined ? '' : syncStateText(state, input.nameOf(object.address)),
      },
      ...{ holder: goroutine, holds: { function: name, file, line, frame, expression } },
      waiting: waiting.get(object.address) ?? 0,
    };
    const found = pathToCall(holder, byKey, facts, [...steps, step]);
    if (found !== undefined) return found;
  }
  return undefined;
}

function placeOf({ signature }: Bucket, { isLibrary }: RuleInput) {
  const frame: Frame | undefined =
    signature.frames.find(({ file }) => !isLibrary(file)) ?? callerOfSync(signature.frames);
  const { function: name, file, line } = frame ?? signature.userLocation;
  return { function: name, file, line };
}
