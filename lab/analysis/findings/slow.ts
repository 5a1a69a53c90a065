import { countOf, numbered } from '../model/counts.js';
import type { SlowWait } from '../model/diagnosis.js';
import type { Frame } from '../model/frames.js';
import { callerOfSync } from '../model/frames.js';
import type { Bucket } from '../model/snapshot.js';
import { objectsOf, type WaitObject } from '../model/wait-object.js';
import type { RuleInput } from '../rules/rule.js';
import type { Outlooks } from './outlook.js';

/** What more is known of a goroutine that waits for something outside of the program. */
export interface WaitFacts {
  /** Seconds that it has waited at least. */
  readonly seconds?: number | undefined;
  /** The other end of its connection: `10.2.0.7:5432`. */
  readonly remote?: string | undefined;
}

/** Goroutines that have something others wait for, while they wait for something outside of the program themselves. */
interface Holder {
  readonly bucket: Bucket;
  readonly objects: readonly WaitObject[];
  readonly behind: readonly Bucket[];
}

const ofClocks: ReadonlySet<string> = new Set(['sleeping', 'waiting for a timer']);

const mostTold = 5;
/** One goroutine behind a lock is everyday. */
const fewestBehind = 2;

/** No deadlock, but why it is slow: who waits behind a goroutine that waits for the network, a clock or the system. */
export function slowHolders(input: RuleInput, outlooks: Outlooks): readonly Holder[] {
  const holding = heldBy(input);
  const waiting = waitersOf(input);
  const out: Holder[] = [];
  for (const bucket of input.graph.buckets) {
    const objects = holding.get(bucket.key) ?? [];
    if (objects.length === 0 || doing(bucket, input.graph) === undefined) continue;
    if (outlooks.of.get(bucket)?.kind !== 'ends') continue;
    const behind = new Set<Bucket>();
    const queue = [...objects];
    for (let object = queue.pop(); object !== undefined; object = queue.pop()) {
      for (const one of waiting.get(object) ?? []) {
        if (behind.has(one) || one === bucket) continue;
        behind.add(one);
        queue.push(...(holding.get(one.key) ?? []));
      }
    }
    if (countOf([...behind]) >= fewestBehind) out.push({ bucket, objects, behind: [...behind] });
  }
  return out.sort((a, b) => countOf(b.behind) - countOf(a.behind)).slice(0, mostTold);
}

/** What a goroutine was seen to have. */
function heldBy({ graph }: RuleInput): ReadonlyMap<string, readonly WaitObject[]> {
  const out = new Map<string, WaitObject[]>();
  for (const [object, releasers] of graph.releasers) {
    for (const r of releasers) {
      if (r.kind !== 'bucket' || !r.certain || r.holds !== true) continue;
      const own = out.get(r.bucket);
      if (own === undefined) out.set(r.bucket, [object]);
      else if (!own.includes(object)) own.push(object);
    }
  }
  return out;
}

function waitersOf({ graph }: RuleInput): ReadonlyMap<WaitObject, readonly Bucket[]> {
  const out = new Map<WaitObject, Bucket[]>();
  for (const bucket of graph.buckets) {
    for (const object of objectsOf(bucket)) out.set(object, [...(out.get(object) ?? []), bucket]);
  }
  return out;
}

/** What a goroutine waits for outside of the program, as a verb; `undefined` of all others. */
function doing(bucket: Bucket, graph: RuleInput['graph']): string | undefined {
  const { wait, signature } = bucket;
  const { frames } = signature;
  if (frames.some(({ function: name }) => name === 'net/http.(*persistConn).roundTrip'))
    return 'waiting for an answer';
  if (frames.some(({ function: name }) => /\.\(\*(?:http2)?serverConn\)\.writeDataFromHandler$/.test(name)))
    return 'writing';
  if (wait.kind === 'channel') return isForTimer(bucket, graph) ? 'waiting for a timer' : undefined;
  if (wait.kind !== 'live') return undefined;
  if (wait.why === 'sleep') return 'sleeping';
  if (wait.why === 'syscall') return 'in a system call';
  if (wait.why !== 'IO wait') return undefined;
  const called =
    frames.find(({ function: name }) => /^internal\/poll\.\(\*FD\)\./.test(name))?.function ?? '';
  if (/Write|Sendfile|Splice/.test(called)) return 'writing';
  if (/Accept/.test(called)) return 'waiting for a connection';
  if (/Connect|WaitWrite/.test(called)) return 'connecting';
  return 'reading';
}

/** A timer wakes it, and no goroutine was seen that would do so before, as where the timer is a limit to another wait. */
function isForTimer(bucket: Bucket, { channels, releasers }: RuleInput['graph']): boolean {
  const isTimer = ({ address }: WaitObject) => {
    const channel = channels.get(address);
    return channel?.wokenFromOutside !== undefined && channel.elemType === 'time.Time';
  };
  const objects = objectsOf(bucket);
  const others = objects.filter((object) => !isTimer(object));
  return (
    others.length < objects.length &&
    others.every((object) => !releasers.get(object)?.some(({ kind }) => kind === 'bucket'))
  );
}

/** One line for each, with what is known of its goroutine. */
export function slowWaits(
  holders: readonly Holder[],
  facts: ReadonlyMap<number, WaitFacts>,
  { nameOf, isLibrary, graph }: RuleInput,
): SlowWait[] {
  return holders.map(({ bucket, objects, behind }) => {
    const goroutine = bucket.ids[0] ?? 0;
    const { seconds, remote: near } = facts.get(goroutine) ?? {};
    const resources = [...new Set(objects.map((object) => nameOf(object.address)))];
    const frame = ownFrame(bucket, isLibrary) ?? bucket.signature.userLocation;
    const waiting = countOf(behind);
    const what = doing(bucket, graph) ?? 'waiting';
    // A handler has a connection, whatever it waits for.
    const remote = ofClocks.has(what) ? undefined : near;
    const held = objects
      .flatMap((object) => graph.releasers.get(object) ?? [])
      .find((r) => r.kind === 'bucket' && r.bucket === bucket.key);
    const since = seconds === undefined || seconds < 1 ? '' : `, for at least ${lastsText(seconds)}`;
    const peer = remote === undefined ? '' : what === 'reading' ? ` from ${remote}` : ` (${remote})`;
    const taken = held?.kind === 'bucket' ? ` since ${held.how.file}:${held.how.line}` : '';
    const text = `${numbered(waiting, 'goroutine waits', 'goroutines wait')} for ${resources.join(' and ')}, held by goroutine ${goroutine}${taken}, which is ${what}${peer} in ${frame.function} (${frame.file}:${frame.line})${since}`;
    return {
      ...{ goroutine, resources, waiting, doing: what },
      groups: [...new Set(behind.map(({ signature }) => signature.id))],
      location: { function: frame.function, file: frame.file, line: frame.line },
      ...(remote === undefined ? {} : { remote }),
      ...(seconds === undefined ? {} : { seconds }),
      text,
    };
  });
}

function ownFrame({ signature }: Bucket, isLibrary: RuleInput['isLibrary']): Frame | undefined {
  return signature.frames.find(({ file }) => !isLibrary(file)) ?? callerOfSync(signature.frames);
}

/** `14 minutes`, `40 seconds`. */
function lastsText(seconds: number): string {
  const minutes = Math.floor(seconds / 60);
  return minutes > 0
    ? numbered(minutes, 'minute', 'minutes')
    : numbered(Math.floor(seconds), 'second', 'seconds');
}
