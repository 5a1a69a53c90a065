import type { Operation } from '../../source/facts.js';
import type { Releaser } from '../graph/releaser.js';
import type { Frame } from '../model/frames.js';
import { callerOfSync, isOnce } from '../model/frames.js';
import type { Locator } from '../model/locator.js';
import {
  type Bucket,
  isPrivateRuntime,
  type Snapshot,
  type SyncMode,
  type SyncObject,
  type Wait,
} from '../model/snapshot.js';
import { type WaitObject, waitObject } from '../model/wait-object.js';
import { blindSpots, evidence, openEntry, type SearchContext, unansweredBy } from './context.js';
import { isLookingAfter } from './look-after.js';
import type { Meaning } from './meaning.js';
import { allReaders, waitsFor, withTheHolder } from './only-holder.js';
import type { ReleaserSearch } from './search.js';
import { type SyncFacts, syncFacts } from './sync-facts.js';
import { groupReleasers } from './waitgroup-releasers.js';
import { chooseOp, type WaitingOps, type WaitingPlaces } from './waiting-ops.js';

export type SyncWait = Extract<Wait, { kind: 'sync' }>;

/** The calls in which a goroutine waits. */
export const waitsIn: Readonly<Record<SyncMode, string>> = {
  lock: 'lock',
  drain: 'lock',
  rlock: 'rlock',
  wait: 'wait',
  notify: 'wait',
};

/** The calls that end a wait. */
export const endedBy: Readonly<Record<SyncMode, 'unlock' | 'runlock' | 'done' | 'signal'>> = {
  lock: 'unlock',
  drain: 'runlock',
  rlock: 'unlock',
  wait: 'done',
  notify: 'signal',
};

/** Of those that waited for a condition: behind whoever has the lock at that moment. */
export const takesAgain = 'those who wait were woken and take their lock again';

const maxPlaces = 8;

/** The frame in which a goroutine waits for an object of package sync: of a Once, the one that keeps its lock. */
export function syncFrame({ signature: { frames } }: Bucket): Frame | undefined {
  const caller = callerOfSync(frames);
  return frames.slice(0, caller === undefined ? 0 : frames.indexOf(caller)).find(isOnce) ?? caller;
}

/** Finds who could end waits for locks, wait groups and condition variables. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the functions in it share what is known of all goroutines
export function syncSearch(context: SearchContext, locator: Locator, places: WaitingPlaces) {
  const factsOf = syncFacts(context, locator);
  const blind = blindSpots(context);
  const byKey = new Map(context.buckets.map((bucket) => [bucket.key, bucket]));
  const passing = context.buckets.find(isInsideSync);
  const starting = context.buckets.filter((bucket) => isAboutToBegin(bucket, context));
  const waiting = new Map<number, Bucket[]>();
  for (const bucket of context.buckets) {
    if (bucket.wait.kind !== 'sync') continue;
    waiting.set(bucket.wait.address, [...(waiting.get(bucket.wait.address) ?? []), bucket]);
  }

  async function placesOf(bucket: Bucket, wait: SyncWait): Promise<WaitingOps> {
    const frame = syncFrame(bucket);
    if (frame === undefined) {
      // `go wg.Wait()` leaves nothing but the library on the stack.
      return { kind: 'none', why: 'no function of the program is on the waiting stack', blind: true };
    }
    const index = bucket.signature.frames.indexOf(frame);
    const info = context.sources.frame(context.stackOf(bucket.signature), index);
    if (!info.known && info.library) {
      return { kind: 'none', why: `${frame.function} of the library waits for it`, blind: false };
    }
    const ops = places.of(bucket, index, waitsIn[wait.mode]);
    if (!info.known && ops.length === 0) {
      return {
        kind: 'none',
        why: context.sources.absent ?? `the source ${frame.file}:${frame.line} was not read`,
        blind: true,
      };
    }
    // A consumer that was woken takes its lock again inside of `Cond.Wait`.
    if (wait.mode === 'lock' && bucket.signature.frames.some((f) => f.function === 'sync.(*Cond).Wait')) {
      return { kind: 'found', ops: [], sure: false };
    }
    return await chooseOp(ops, { bucket, frame, address: wait.address }, locator);
  }

  return async (wait: SyncWait): Promise<ReleaserSearch> => {
    const buckets = waiting.get(wait.address) ?? [];
    const releasers: Releaser[] = [];
    const open = (why: string, blind = false) => releasers.push({ kind: 'open', why, blind });
    const ops = new Map<number, boolean>();
    let named: string | undefined;
    const seen = new Set<string>();
    for (const bucket of buckets) {
      if (seen.has(bucket.signature.id) || bucket.wait.kind !== 'sync') continue;
      seen.add(bucket.signature.id);
      if (seen.size > maxPlaces) break;
      const found = await placesOf(bucket, bucket.wait);
      if (found.kind === 'none') open(found.why, found.blind);
      else {
        for (const op of found.ops) ops.set(op.op, ops.get(op.op) === true || found.sure);
        named ??= found.ops[0]?.name;
      }
    }
    if (ops.size === 0) {
      if (releasers.length === 0) open(takesAgain);
      return { releasers, operations: [] };
    }
    const facts = await factsOf([...ops.keys()], wait.mode);
    const object = context.snapshot.syncObjects?.get(wait.address);
    if (object === undefined) open('its state could not be read', true);
    else if (isFree(object, wait.mode)) open('it is free, and about to be given to the next one');
    else if (object.untold && passing !== undefined)
      open(`goroutine ${passing.ids[0]} is inside of package sync at this moment, perhaps giving it back`);
    for (const bucket of starting) open(`goroutine ${bucket.ids[0]} has yet to begin`);
    releasers.push(...blind, ...unansweredBy(facts.class));
    for (const { why, file, line } of facts.class.escapes) open(`it is passed to ${why} (${file}:${line})`);
    if (wait.mode === 'wait') {
      releasers.push(
        ...groupReleasers(
          facts,
          wait.address,
          object,
          releasers.some((r) => r.kind === 'open'),
        ),
      );
    } else if (wait.mode === 'notify') {
      for (const operation of facts.class.operations)
        releasers.push(...comingTo(operation, facts, wait.address, context.snapshot.channels));
    } else {
      const possible = holdersOf(facts, wait);
      for (const operation of facts.class.operations) {
        if (operation.bare === true) possible.push(...comingTo(operation, facts, wait.address));
      }
      const known = { object, buckets: byKey, leaks: facts.class.leaks, isOpen: releasers.length > 0 };
      releasers.push(...(allReaders(possible, wait, known) ?? withTheHolder(possible, wait, known)));
      if (wait.objectKind === 'rwmutex' && wait.mode !== 'drain')
        releasers.push(...pendingWriters(wait, buckets));
    }
    const sure = [...ops.values()].some(Boolean);
    return {
      releasers,
      operations: facts.class.operations.map(
        ({ kind, function: name, file, line, expr, one, leftBefore }) => ({
          ...{ kind, function: name, file, line, expression: expr, one, leftBefore },
        }),
      ),
      name: named ?? (sure || ops.size === 1 ? facts.class.names[0]?.name : undefined),
      leaks: facts.class.leaks,
      made: facts.class.made,
      ...(facts.class.unknown ? { lostFromSight: true } : {}),
    };
  };
}

type BucketReleaser = Extract<Releaser, { kind: 'bucket' }>;

/** Goroutines that stand where their function has taken the lock and not given it back. */
export function holdersOf({ holders }: SyncFacts, wait: SyncWait): Releaser[] {
  const out: BucketReleaser[] = [];
  const open: Releaser[] = [];
  for (const [holder, meanings] of holders) {
    for (const meaning of meanings.of(wait.address)) {
      const waitsHere = waitsFor(meaning.bucket, wait.address);
      // Where it waits for the object under another name, the frame has a pointer to it for that.
      const innermost = syncFrame(meaning.bucket) === meaning.frame;
      const own = holder.own === true && waitsHere;
      const same = own || (meaning.kind === 'same' && !(meaning.kept === true && waitsHere && innermost));
      if (holder.givenBack !== undefined) {
        open.push({ kind: 'open', why: `${holder.givenBack} gives it back for a while`, blind: false });
        continue;
      }
      const certain = holder.always && same;
      const kept = own || meaning.kept === true;
      const at = { kind: endedBy[wait.mode], expression: holder.text, file: holder.file, line: holder.line };
      const { kept: _, ...plain } = meaning;
      const how = evidence(at, { ...plain, ...(kept ? { kept: true as const } : {}) });
      out.push({
        kind: 'bucket',
        bucket: meaning.bucket.key,
        certain,
        ...(certain ? { holds: true } : { mayHold: holder.always || same ? 'likely' : 'perhaps' }),
        how: { ...how, ...(holder.takenBy === undefined ? {} : { takenBy: holder.takenBy }) },
      });
    }
  }
  if (wait.mode === 'drain') return [...open, ...out];
  // A lock has one holder: the one that is certain, or it cannot be told which of several it is.
  const certain = new Set(out.filter((one) => one.certain).map((one) => one.bucket));
  if (certain.size === 1) return [...open, ...out.filter((one) => one.certain)];
  if (certain.size === 0) return [...open, ...out];
  return [
    ...open,
    ...out.map(({ holds: _, ...one }) => ({ ...one, certain: false, mayHold: 'likely' as const })),
  ];
}

/** A writer that waits for readers has the inner lock, and whoever comes after it waits for it. */
function pendingWriters(wait: SyncWait, waiting: readonly Bucket[]): Releaser[] {
  return waiting
    .filter((bucket) => bucket.wait.kind === 'sync' && bucket.wait.mode === 'drain')
    .flatMap((bucket) => {
      const frame = callerOfSync(bucket.signature.frames);
      if (frame === undefined) return [];
      const at = { kind: endedBy[wait.mode], expression: '', file: frame.file, line: frame.line };
      const how = evidence(at, { bucket, frame, goroutine: 0 });
      return [{ kind: 'bucket', bucket: bucket.key, certain: true, holds: true, how } as const];
    });
}

/** Goroutines that stand before an operation, and code that leads to it. */
export function comingTo(
  operation: Operation,
  { stacks, routes, gates }: SyncFacts,
  address: number,
  channels: Snapshot['channels'] = new Map(),
): Releaser[] {
  const at = { ...operation, expression: operation.expr };
  const out: Releaser[] = [];
  const add = (meaning: Meaning, certain: boolean, passing = false) => {
    const behind = gates.behind(meaning.spot.gates, address).filter((key) => key !== meaning.bucket.key);
    // Who is to unlock what it has not locked has it from somebody, unless it is still to get it.
    const unlocks = operation.kind === 'unlock' || operation.kind === 'runlock';
    const mayHold = certain && unlocks && !waitsFor(meaning.bucket, address);
    // A method that is handed on as a value stands nowhere in the sources: where it is called tells more.
    const { site } = meaning.spot;
    const how = evidence(at.line === 0 && site !== undefined ? { ...at, ...site } : at, meaning);
    out.push({
      kind: 'bucket',
      bucket: meaning.bucket.key,
      certain,
      ...(mayHold ? { mayHold: 'likely' as const } : {}),
      ...(passing ? { passing: true as const } : {}),
      ...(behind.length === 0 ? {} : { behind }),
      ...(meaning.spot.groups === undefined ? {} : { groups: meaning.spot.groups }),
      how,
    });
  };
  for (const meaning of stacks.get(operation)?.of(address) ?? []) {
    const { mayBeNext: _, ...plain } = meaning;
    // It may pass by each time, at whatever object it looks then.
    if (isLookingAfter(meaning, channels)) add(plain, false, true);
    else add(meaning, meaning.kind === 'same');
  }
  for (const meaning of routes.get(operation)?.of(address) ?? []) add(meaning, false);
  for (const entry of operation.open) out.push(openEntry(entry, gates.behind(entry.gates, address)));
  return out;
}

/** It runs, or is about to, and is inside of Lock, Unlock and the like. */
function isInsideSync({ signature: { status, frames } }: Bucket): boolean {
  if (status === 'waiting') return false;
  const first = frames.find(({ function: name }) => !isPrivateRuntime(name));
  return first !== undefined && /^(?:internal\/)?sync\./.test(first.function);
}

/** A new goroutine that has not run stands in the wrapper of its `go` statement, or at its entry. */
function isAboutToBegin({ signature }: Bucket, { sources, stackOf }: SearchContext): boolean {
  if (signature.status === 'waiting' || signature.frames.length === 0) return false;
  const info = sources.frame(stackOf(signature), 0);
  return !info.library && !info.known && info.here;
}

/** Nobody needs to do anything for the wait to end: the goroutine is on its way. */
function isFree({ state }: SyncObject, mode: SyncMode): boolean {
  switch (state.kind) {
    case 'mutex':
      return !state.mutex.locked;
    case 'rwmutex':
      if (mode === 'lock') return !state.rwmutex.writer.locked;
      return mode === 'rlock' ? !state.rwmutex.writerPending : state.rwmutex.readerWait <= 0;
    case 'waitgroup':
      return state.waitgroup.counter <= 0;
    case 'cond':
      return false;
  }
}

export const objectOf = ({ address, mode }: SyncWait): WaitObject => waitObject(mode, address);
