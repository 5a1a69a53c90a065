import { type DelveClient, globalScope } from '../../delve/client.js';
import type { CallOptions } from '../../delve/rpc.js';
import { readWaitReasons } from '../../delve/wait-reasons.js';
import type { DelveGoroutine, Variable } from '../../delve/wire.js';
import { LabError } from '../../errors.js';
import { goroutineStatus, isGone } from '../../goruntime/status.js';
import type { Limits } from '../model/limits.js';
import type { RosterGroup } from '../model/roster.js';
import {
  type Bucket,
  type Channel,
  isSystem,
  maxBucketIds,
  type Signature,
  type Snapshot,
  userFrame,
  type Wait,
} from '../model/snapshot.js';
import { describeStack, goroutineState, partialMark, toLocation } from './delve-stacks.js';
import { waitKey, waitOf } from './wait-of.js';

interface Fold {
  count: number;
  readonly first: DelveGoroutine;
  readonly ids: number[];
  /** Ids of all, only where they are wanted. */
  readonly all: number[];
}

/** An unpaged listing of a million takes Delve 7 GB. */
const pageSize = 2_000;
/** Each evaluation makes Delve look for the goroutine from the beginning of its list. */
const maxEvaluated = 32;

/**
 * Reads a core through Delve alone, for a program whose runtime is laid out in a way that the core reader does
 * not know. Slower, and less is known: the channel of a blocked sender is asked for goroutine by goroutine, for
 * a few of each stack; every other wait on a channel stays unexplained, and counts as one that may end.
 */
export async function readSnapshotByDelve(
  client: DelveClient,
  options: CallOptions,
  members = false,
): Promise<{ readonly snapshot: Snapshot; readonly limits: Limits }> {
  const reasons = await readWaitReasons(client, options);
  const folds = new Map<string, Fold>();
  let total = 0;
  let blocked = 0;
  const known = new Set<number>();
  for await (const page of client.pages(pageSize, options)) {
    for (const goroutine of page) {
      if (isGone(goroutine.status)) continue;
      total += 1;
      known.add(goroutine.id);
      if (goroutineState(goroutine.status) === 'waiting') blocked += 1;
      const { all } = fold(folds, goroutine);
      if (members) all.push(goroutine.id);
    }
    // No two have one id: what is listed again and again is damaged memory that looks like goroutines, without an end.
    if (total - known.size > pageSize) throw endlessList();
  }
  const signatures: Signature[] = [];
  const buckets: Bucket[] = [];
  const channels = new Map<number, Channel>();
  const limits: string[] = [];
  const ordered = [...folds.values()].sort((a, b) => b.count - a.count || a.first.id - b.first.id);
  for (const [i, group] of ordered.entries()) {
    const described = await describe(`S${i + 1}`, group, reasons.text, { client, options });
    const { signature } = described;
    signatures.push(signature);
    const own = await bucketsOf(signature, group, channels, { client, options });
    buckets.push(...own.buckets);
    limits.push(...described.limits, ...own.limits);
  }
  const system = signatures.filter((s) => s.system).reduce((sum, s) => sum + s.count, 0);
  const snapshot: Snapshot = {
    goroutines: { total, user: total - system, system, blocked },
    signatures,
    buckets,
    channels,
    ...(members && { roster: ordered.map(rosterGroup) }),
  };
  return { snapshot, limits };
}

function endlessList(): LabError {
  return new LabError('Delve lists goroutines that cannot be: many of them have one id', {
    code: 'undecided',
    hint: 'copy both files again from where the process ran',
  });
}

function rosterGroup({ all }: Fold, i: number): RosterGroup {
  return { group: `S${i + 1}`, ids: Float64Array.from(all).sort(), locked: [] };
}

interface Asking {
  readonly client: DelveClient;
  readonly options: CallOptions;
}

/** Delve's list has no stacks: what it has of them tells nearly all apart. */
function fold(folds: Map<string, Fold>, goroutine: DelveGoroutine): Fold {
  const { status, waitReason, startLoc, goStatementLoc, currentLoc, userCurrentLoc } = goroutine;
  const places = [startLoc, goStatementLoc, currentLoc, userCurrentLoc].map(({ pc }) => pc);
  const key = [status, waitReason, ...places].join(' ');
  const known = folds.get(key);
  if (known === undefined) {
    const made = { count: 1, first: goroutine, ids: [goroutine.id], all: [] };
    folds.set(key, made);
    return made;
  }
  known.count += 1;
  if (known.ids.length < maxEvaluated) known.ids.push(goroutine.id);
  return known;
}

async function describe(
  id: string,
  { count, first, ids }: Fold,
  reasonText: (reason: number) => string,
  { client, options }: Asking,
): Promise<{ readonly signature: Signature; readonly limits: Limits }> {
  const status = goroutineState(first.status);
  const { frames, limits } = await describeStack(client, first.id, options);
  const current = toLocation(first.currentLoc);
  const user = userFrame(frames);
  const signature: Signature = {
    id,
    count,
    waitReason: status === 'waiting' ? reasonText(first.waitReason) : '',
    status,
    ...(first.status === goroutineStatus.leaked ? { leaked: true as const } : {}),
    system: isSystem(first.startLoc.function?.name ?? '', frames),
    exampleIds: ids.slice(0, maxBucketIds),
    frames,
    ...partialMark(frames),
    currentLocation: current,
    userLocation:
      user === undefined
        ? toLocation(first.userCurrentLoc)
        : { function: user.function, file: user.file, line: user.line },
    startLocation: toLocation(first.startLoc),
    goStatementLocation: toLocation(first.goStatementLoc),
  };
  return { signature, limits };
}

async function bucketsOf(
  signature: Signature,
  { count, ids }: Fold,
  channels: Map<number, Channel>,
  asking: Asking,
): Promise<{ readonly buckets: readonly Bucket[]; readonly limits: Limits }> {
  const only = (found: Bucket) => ({ buckets: [found], limits: [] });
  const bucket = (wait: Wait, n: number, members: readonly number[]): Bucket => ({
    key: `${signature.id} ${waitKey(wait)}`,
    signature,
    count: n,
    ids: members.slice(0, maxBucketIds),
    wait,
    elem: 0,
  });
  const { status: state, waitReason } = signature;
  // Who receives may do so from a timer, and a select has several cases: neither shows without the layout.
  const blind = state === 'waiting' && /^(?:chan receive|select)$/.test(waitReason);
  if (blind) return only(bucket({ kind: 'unknown', why: `${waitReason}, read through Delve` }, count, ids));
  if (waitReason !== 'chan send') {
    const wait = waitOf({ state, waitReason, queues: [] }, () => undefined);
    return only(bucket(wait, count, ids));
  }
  const byChannel = new Map<number, number[]>();
  for (const id of ids) {
    const address = await channelOfSender(id, signature, asking);
    byChannel.set(address, [...(byChannel.get(address) ?? []), id]);
  }
  const out: Bucket[] = [];
  let known = 0;
  for (const [address, members] of byChannel) {
    if (address === 0) continue;
    known += members.length;
    out.push(
      bucket({ kind: 'channel', cases: [{ channel: address, direction: 'send' }] }, members.length, members),
    );
    const channel = channels.get(address) ?? (await readChannelByDelve(address, asking));
    channels.set(address, {
      ...channel,
      waiters: { ...channel.waiters, send: channel.waiters.send + members.length },
    });
  }
  if (known === count) return { buckets: out, limits: [] };
  const { function: name, line } = signature.userLocation;
  const rest = bucket({ kind: 'unknown', why: 'chan send, read through Delve' }, count - known, []);
  return {
    buckets: [...out, rest],
    limits: [
      `Of ${count} goroutines that send in ${name}:${line}, ${known} were asked for their channel: Delve is slow at it.`,
    ],
  };
}

/** The argument of `runtime.chansend`; 0 when it cannot be read. */
async function channelOfSender(
  id: number,
  { frames }: Signature,
  { client, options }: Asking,
): Promise<number> {
  const frame = frames.find(({ function: name }) => name === 'runtime.chansend')?.index;
  const tries: readonly (readonly [number, string])[] = [
    ...(frame === undefined ? [] : ([[frame, 'c']] as const)),
    [0, 'runtime.curg.waiting.c'],
  ];
  for (const [at, expression] of tries) {
    const seen = await client.eval({ goroutineId: id, frame: at }, expression, options);
    const address = seen.kind === 'value' ? pointee(seen.variable) : 0;
    if (address !== 0) return address;
  }
  return 0;
}

function pointee(variable: Variable): number {
  if (variable.base !== 0) return variable.base;
  // `maybeTraceableChan` of Go 1.25 on wraps the pointer in a struct.
  const [child] = variable.children;
  if (child === undefined) return 0;
  return child.name === '' ? child.addr : pointee(child);
}

async function readChannelByDelve(address: number, { client, options }: Asking): Promise<Channel> {
  const seen = await client.eval(globalScope, `*(*"runtime.hchan")(${address})`, options);
  const fields = seen.kind === 'value' ? seen.variable.children : [];
  const numberOf = (name: string) => Number(fields.find((field) => field.name === name)?.value ?? 0);
  return {
    address,
    elemType: undefined,
    count: numberOf('qcount'),
    capacity: numberOf('dataqsiz'),
    closed: numberOf('closed') !== 0,
    waiters: { send: 0, receive: 0 },
    wokenFromOutside: undefined,
  };
}
