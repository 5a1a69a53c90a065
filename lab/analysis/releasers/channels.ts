import type { Operation, OperationClass, Spot } from '../../source/facts.js';
import type { AnsweredClass } from '../../source/sources.js';
import type { Releaser } from '../graph/releaser.js';
import type { Frame } from '../model/frames.js';
import { type Bucket, isPrivateRuntime } from '../model/snapshot.js';
import { waitObject } from '../model/wait-object.js';
import {
  blindSpots,
  evidence,
  type GateKeepers,
  gateKeepers,
  openEntry,
  type SearchContext,
  unansweredBy,
} from './context.js';
import { type Meaning, type Meanings, readMeanings } from './meaning.js';
import type { ChannelHistory, ReleaserSearch } from './search.js';
import { chooseOp, type WaitingOps, type WaitingPlaces } from './waiting-ops.js';

/** Goroutines of one bucket that are evaluated. */
const maxAsked = 8;
/** Stacks of one kind that are looked at for where they wait for one channel. */
const maxPlaces = 8;
/** Where code that is on no stack may come anyway, only so many frames are looked into. */
const maxReadsWhenOpen = 200;

/** The frame in which a goroutine waits at a channel. */
export const waitingFrame = ({ signature }: Bucket): Frame | undefined =>
  signature.frames.find(({ function: name }) => !isPrivateRuntime(name));

interface ClassFacts {
  readonly class: AnsweredClass;
  readonly stacks: ReadonlyMap<Operation, Meanings>;
  readonly routes: ReadonlyMap<Operation, Meanings>;
  readonly gates: GateKeepers;
}

/** Finds who could end waits at channels; what is the same for all channels of one place is found out once. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the functions in it share what is known of all channels
export function channelSearch(context: SearchContext, places: WaitingPlaces) {
  const classes = new Map<string, Promise<ClassFacts>>();
  const blind = blindSpots(context);

  async function placesOf(
    bucket: Bucket,
    channel: number,
    direction: 'send' | 'receive',
  ): Promise<WaitingOps> {
    const frame = waitingFrame(bucket);
    if (frame === undefined) return { kind: 'none', why: 'a waiting stack could not be read', blind: true };
    const index = bucket.signature.frames.indexOf(frame);
    const info = context.sources.frame(context.stackOf(bucket.signature), index);
    if (!info.known && info.library) {
      return { kind: 'none', why: `${frame.function} of the standard library waits for it`, blind: false };
    }
    if (!info.known && places.of(bucket, index, direction).length === 0) {
      const what = info.here ? `has no ${frame.function} there` : 'was not read';
      return {
        kind: 'none',
        why: context.sources.absent ?? `the source ${frame.file}:${frame.line} ${what}`,
        blind: true,
      };
    }
    const elem = context.snapshot.channels.get(channel)?.elemType;
    const all = places.of(bucket, index, direction);
    const fitting = all.filter(
      (op) => op.elem === undefined || elem === undefined || sameType(op.elem, elem),
    );
    return await chooseOp(
      fitting.length > 0 ? fitting : all,
      { bucket, frame, address: channel },
      context.channels,
    );
  }

  function factsOf(ops: readonly number[], direction: 'send' | 'receive'): Promise<ClassFacts> {
    const key = `${direction} ${[...ops].sort((a, b) => a - b).join(' ')}`;
    const known = classes.get(key) ?? study(ops, direction);
    classes.set(key, known);
    return known;
  }

  async function study(ops: readonly number[], direction: 'send' | 'receive'): Promise<ClassFacts> {
    const found = await context.sources.releasers(ops, direction);
    const ended = found.operations.filter(({ kind }) => !kind.startsWith('told:'));
    const anybody =
      context.someoneLives && ended.some(({ open }) => open.some((e) => (e.gates ?? []).length === 0));
    const limit = anybody ? { maxAsked: 1, maxReads: maxReadsWhenOpen } : { maxAsked };
    const read = (spots: readonly Spot[]) => readMeanings(spots, context.bucketsOf, context.channels, limit);
    const stacks = new Map<Operation, Meanings>();
    const routes = new Map<Operation, Meanings>();
    for (const operation of ended) {
      stacks.set(operation, await read(operation.onStack));
      routes.set(operation, await read(anybody ? [] : operation.routes));
    }
    const closed = new Map<number, Meanings>();
    for (const gate of found.gates) closed.set(gate.id, await read(gate.closed));
    return { class: found, stacks, routes, gates: gateKeepers(found, closed, context.bucketsOf) };
  }

  return { ofWaiters, ofPlaces };

  async function ofWaiters(channel: number, direction: 'send' | 'receive'): Promise<ReleaserSearch> {
    const waiting = context.waiting.get(waitObject(direction, channel)) ?? [];
    const releasers: Releaser[] = [];
    const ops = new Map<number, boolean>();
    const seen = new Set<string>();
    for (const bucket of waiting) {
      // Goroutines of one stack wait in one place.
      if (seen.has(bucket.signature.id)) continue;
      seen.add(bucket.signature.id);
      if (seen.size > maxPlaces) break;
      const found = await placesOf(bucket, channel, direction);
      if (found.kind === 'none') releasers.push({ kind: 'open', why: found.why, blind: found.blind });
      else for (const op of found.ops) ops.set(op.op, ops.get(op.op) === true || found.sure);
    }
    return await ofPlaces(ops, channel, direction, releasers);
  }

  /** Who could end waits for a channel, told by operations on it, each known for certain or not. */
  async function ofPlaces(
    ops: ReadonlyMap<number, boolean>,
    channel: number,
    direction: 'send' | 'receive',
    releasers: Releaser[] = [],
  ): Promise<ReleaserSearch> {
    if (ops.size === 0) return { releasers, operations: [] };
    const facts = await factsOf([...ops.keys()], direction);
    releasers.push(...blind, ...unansweredBy(facts.class), ...escapesOf(facts.class));
    for (const operation of facts.class.operations) {
      releasers.push(...releasersBy(operation, facts, channel));
    }
    const isForgotten = await isForgottenBy(releasers, channel, context);
    return {
      ...{
        releasers: isForgotten ? [] : releasers,
        ...told(facts, [...ops.values()].some(Boolean), context),
      },
      made: facts.class.made,
      leaks: facts.class.leaks,
      ...(facts.class.unknown ? { lostFromSight: true } : {}),
    };
  }
}

/**
 * All who might serve the channel would have to receive it first, and nothing leads to it any more but what is left on
 * their stacks from before: who asked was forgotten.
 */
async function isForgottenBy(
  releasers: readonly Releaser[],
  channel: number,
  { snapshot, buckets }: SearchContext,
): Promise<boolean> {
  const servers = releasers.flatMap((r) => (r.kind === 'bucket' ? [r] : []));
  if (servers.length === 0 || servers.some((r) => r.renewed !== true)) return false;
  if (releasers.some((r) => r.kind === 'open' && r.blind)) return false;
  const keys = new Set(servers.map(({ bucket }) => bucket));
  const own = buckets.filter(({ key }) => keys.has(key));
  if (own.some(({ ids, count }) => ids.length < count)) return false;
  const reached = await snapshot.reachedBesides?.(own.flatMap(({ ids }) => ids));
  return reached !== undefined && !reached(channel);
}

/** What ends a wait by way of the runtime: a context's end, a timer. */
const indirect: ReadonlySet<string> = new Set(['cancel', 'reset']);

function releasersBy(
  operation: Operation,
  { stacks, routes, gates }: ClassFacts,
  channel: number,
): Releaser[] {
  const out: Releaser[] = [];
  const at = { ...operation, expression: operation.expr };
  const add = (meaning: Meaning, certain: boolean) => {
    const behind = gates.behind(meaning.spot.gates, channel).filter((key) => key !== meaning.bucket.key);
    const { calledAt } = meaning.spot;
    out.push({
      ...{ kind: 'bucket', bucket: meaning.bucket.key, certain },
      ...(behind.length === 0 ? {} : { behind }),
      ...(meaning.spot.groups === undefined ? {} : { groups: meaning.spot.groups }),
      ...(meaning.onlyBy === undefined ? {} : { onlyBy: meaning.onlyBy }),
      ...(meaning.renewed === true ? { renewed: true } : {}),
      how: {
        ...evidence(at, meaning),
        ...(meaning.spot.again === true ? { again: true as const } : {}),
        ...(calledAt === undefined ? {} : { calledAt: `${calledAt.file}:${calledAt.line}` }),
      },
    });
  };
  for (const meaning of stacks.get(operation)?.of(channel) ?? []) {
    add(meaning, meaning.kind === 'same' && !indirect.has(operation.kind));
  }
  for (const meaning of routes.get(operation)?.of(channel) ?? []) {
    add(
      meaning,
      meaning.kind === 'same' && meaning.spot.registered === true && !indirect.has(operation.kind),
    );
  }
  for (const entry of operation.open) out.push(openEntry(entry, gates.behind(entry.gates, channel)));
  return out;
}

/** Where the channel goes out of sight, or a context ends by itself. */
function escapesOf(found: OperationClass): Releaser[] {
  const out: Releaser[] = [];
  if (found.unknown)
    out.push({ kind: 'open', why: 'where the channel comes from was lost from sight', blind: false });
  for (const { why, file, line } of found.escapes) {
    out.push({ kind: 'open', why: `the channel is passed to ${why} (${file}:${line})`, blind: false });
  }
  for (const { clock, file, line } of found.contexts) {
    if (clock) out.push({ kind: 'open', why: `the context has a deadline (${file}:${line})`, blind: false });
  }
  for (const { why, file, line } of found.others) {
    const at = line === 0 ? '' : ` (${file}:${line})`;
    out.push({ kind: 'open', why: `the context may end by what ${why} does${at}`, blind: false });
  }
  return out;
}

function told(
  { class: found }: ClassFacts,
  sure: boolean,
  { bucketsOf }: SearchContext,
): Omit<ReleaserSearch, 'releasers'> {
  const place = ({ kind, function: name, file, line, expr, foreign, leftBefore }: Operation) => ({
    ...{ kind: kind.replace('told:', ''), function: name, file, line, expression: expr, foreign, leftBefore },
  });
  const operations = found.operations.filter(({ kind }) => !kind.startsWith('told:')).map(place);
  const of = (kind: string) => found.operations.filter((o) => o.kind === `told:${kind}`).map(place);
  const story: ChannelHistory = {
    sends: of('send'),
    closes: of('close'),
    departures: found.departures,
    holders: new Set(found.slots.flatMap((stack) => bucketsOf(stack).map(({ key }) => key))),
  };
  const contextual =
    found.contexts.length > 0 && found.others.length === 0 && !found.contexts.some((c) => c.clock);
  const onlyContexts = contextual && found.operations.every(({ kind }) => kind === 'cancel');
  const [context] = found.contexts;
  const name = onlyContexts ? `${context?.name}.Done()` : sure ? found.names[0]?.name : undefined;
  return { operations, story, name, contexts: onlyContexts ? found.contexts : undefined };
}

/** The runtime and the sources write the names of a type's packages in their own ways: the last words are the same. */
function sameType(written: string, read: string): boolean {
  const plain = (text: string) => text.replaceAll(/(?:[\w.~%-]+\/)+/g, '').replaceAll(' ', '');
  return plain(written) === plain(read);
}
