import type { ChannelFlow, ChannelOperation } from '../source/channel-flow.js';
import { functionAround } from '../source/functions.js';
import { endLineOf, lineOf, type Node } from '../source/parser.js';
import type { Program } from '../source/program.js';
import { rememberPerFunction } from '../source/remember.js';
import { slotKey, slotOf } from '../source/slots.js';
import type { SyncOperation } from '../source/sync-operations.js';
import { type ChannelClass, channelClass } from './channel-class.js';
import { type ChannelStory, tellStory } from './channel-story.js';
import { type ContextOrigin, type ContextSearch, contextReleasers } from './context-releasers.js';
import { type Activations, functionOfFrame } from './frame-functions.js';
import { waitsBehindOthers } from './passed-first.js';
import { type Cell, type Frame, isPrivateRuntime } from './snapshot.js';
import { type ObjectKey, objectKey, type Releaser } from './wait-for-graph.js';

/** Evaluates the channel that an expression means in a frame. */
export type EvaluateChannel = (
  goroutine: number,
  frame: number,
  expression: string,
) => Promise<{ readonly kind: 'address'; readonly address: number } | { readonly kind: 'unreadable' }>;

/** Where a goroutine waits, in the source: the operation that the waiting frame stands on. */
export interface WaitingPlace {
  readonly cell: Cell;
  readonly frame: Frame;
  readonly expression: string;
  readonly channel: Node;
  /** Evaluated in the frame it is the channel; or the line holds no other operation. */
  readonly sure: boolean;
}

/** A function that keeps a lock when it returns. */
export interface Leak {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly lockedAt: number;
}

/** What was found out about one channel and one direction of waiting. */
export interface ReleaserSearch {
  readonly releasers: readonly Releaser[];
  readonly places: readonly WaitingPlace[];
  readonly flow: ChannelFlow | undefined;
  /** The operations of the program that would end the wait. */
  readonly operations: readonly (ChannelOperation | SyncOperation)[];
  /** Of an object of package sync, as a person would call it. */
  readonly name?: string | undefined;
  /** Places where a function returns with the lock. */
  readonly leaks?: readonly Leak[] | undefined;
  /** What the sources tell of the channel's life. */
  readonly story?: ChannelStory | undefined;
  /** Set when the channel is the `Done` of these contexts, and of no others. */
  readonly contexts?: readonly ContextOrigin[] | undefined;
}

export interface SearchContext {
  /** Who waits for each object, goroutines of the runtime left out. */
  readonly waiting: ReadonlyMap<ObjectKey, readonly Cell[]>;
  readonly program: Program;
  readonly activations: Activations;
  readonly evaluate: EvaluateChannel;
  /** What was found out so far, by the places of waiting. */
  readonly classes: Map<string, ChannelClass>;
  /** What ends the contexts that are waited for, by the place of waiting. */
  readonly contexts: Map<string, ContextSearch | undefined>;
}

/** Distinct stacks whose waiting place is looked up. */
const maxPlaces = 8;

/**
 * Finds everyone who could end the wait of those who wait for `channel`: the goroutines that stand before such an
 * operation on this very channel, and the code that could still be called.
 */
export async function findReleasers(
  channel: number,
  direction: 'send' | 'receive',
  context: SearchContext,
): Promise<ReleaserSearch> {
  const { program } = context;
  const waiting = context.waiting.get(objectKey(channel, direction)) ?? [];
  const places: WaitingPlace[] = [];
  const releasers: Releaser[] = [];
  for (const cell of waiting.slice(0, maxPlaces)) {
    const found = await waitingPlace(cell, channel, direction, context);
    if ('why' in found) releasers.push({ kind: 'open', why: found.why, blind: found.blind });
    else places.push(...found);
  }
  if (places.length === 0) return { releasers, places, flow: undefined, operations: [] };
  const ends = places.map((place) => endOfContext(place, context));
  releasers.push(...ends.flatMap((found) => found?.releasers ?? []));
  const known = channelClass(
    places.filter((_, i) => ends[i] === undefined),
    context,
  );
  const { flow } = known;
  for (const { file, line, text } of flow.escapes) {
    releasers.push({
      kind: 'open',
      why: `the channel is passed on at ${file}:${line}: ${text}`,
      blind: false,
    });
  }
  for (const path of [...program.missing].filter((file) => !program.isLibrary(file)).slice(0, 1)) {
    releasers.push({ kind: 'open', why: `the source of ${path} was not found`, blind: true });
  }
  for (const why of context.activations.unseen.slice(0, 1)) {
    releasers.push({ kind: 'open', why, blind: true });
  }
  const needed = direction === 'send' ? ['receive', 'close'] : ['send', 'close'];
  const operations = flow.operations.filter((operation) => needed.includes(operation.kind));
  for (const operation of operations) {
    const stacks = await known.onStacks(operation, channel);
    releasers.push(...stacks);
    const isOwn = operation.channel.type === 'selector_expression' && isOnlyMade(operation, flow);
    if (isOwn && waitsBehindOthers(operation, operation.channel, stacks, context)) continue;
    releasers.push(...known.byCalls(operation));
  }
  const story = tellStory(flow, releasers, context.activations, program);
  const contexts = ends.every((found) => found !== undefined) ? ends.flatMap((e) => e.origins) : undefined;
  const name = contexts === undefined ? undefined : `${contexts[0]?.name}.Done()`;
  operations.push(...ends.flatMap((found) => found?.operations ?? []));
  return { releasers, places, flow, operations, story, contexts, name };
}

/** Whether the channel of a field was made for it, so that no other object has it too. */
function isOnlyMade({ channel, file }: ChannelOperation, { copied }: ChannelFlow): boolean {
  const slot = slotOf(channel, file);
  return slot !== undefined && !copied.has(slotKey(slot));
}

function endOfContext(place: WaitingPlace, context: SearchContext): ContextSearch | undefined {
  const key = `${place.frame.file}#${place.channel.id}`;
  if (!context.contexts.has(key)) context.contexts.set(key, contextReleasers(place, context));
  return context.contexts.get(key);
}

async function waitingPlace(
  cell: Cell,
  channel: number,
  direction: 'send' | 'receive',
  { program, evaluate }: SearchContext,
): Promise<readonly WaitingPlace[] | { readonly why: string; readonly blind: boolean }> {
  const frame = cell.signature.frames.find(({ function: name }) => !isPrivateRuntime(name));
  const goroutine = cell.ids[0];
  if (frame === undefined || goroutine === undefined) {
    return { why: 'a waiting stack could not be read', blind: true };
  }
  if (program.isLibrary(frame.file)) {
    return { why: `${frame.function} of the standard library waits for it`, blind: false };
  }
  const fn = functionOfFrame(frame, program);
  if (fn === undefined) {
    const what = program.text(frame.file) === undefined ? 'was not read' : `has no ${frame.function} there`;
    return { why: `the source ${frame.file}:${frame.line} ${what}`, blind: true };
  }
  const all = ownChannelsIn(fn, direction);
  // Optimised code may report a line beside the statement: then every operation of the function is tried.
  const near = all.filter(({ statement }) => spans(statement, frame.line));
  for (const candidates of [near, all]) {
    const unreadable: WaitingPlace[] = [];
    for (const { channel: node } of candidates) {
      const place = { cell, frame, expression: node.text, channel: node };
      const seen = await evaluate(goroutine, frame.index, node.text);
      if (seen.kind === 'unreadable') unreadable.push({ ...place, sure: candidates.length === 1 });
      else if (seen.address === channel) return [{ ...place, sure: true }];
    }
    // It must be one of these: following all of them finds too many releasers rather than too few.
    if (unreadable.length > 0) return unreadable;
  }
  return { why: `no operation on it was recognised at ${frame.file}:${frame.line}`, blind: true };
}

/** The channels, as written, of which one is what the cell waits for, by its line alone. */
export function writtenAt(cell: Cell, direction: 'send' | 'receive', program: Program): readonly Node[] {
  const frame = cell.signature.frames.find(({ function: name }) => !isPrivateRuntime(name));
  const fn = frame === undefined ? undefined : functionOfFrame(frame, program);
  if (frame === undefined || fn === undefined) return [];
  return channelsIn(fn.node, direction).flatMap(({ channel, statement }) =>
    spans(statement, frame.line) ? [channel] : [],
  );
}

const spans = (node: Node, line: number) => lineOf(node) <= line && endLineOf(node) >= line;

/** Operations of one direction in a function, and the statement that parks: a select for its cases. */
function channelsIn(fn: Node, direction: 'send' | 'receive') {
  const types = direction === 'send' ? ['send_statement'] : ['unary_expression', 'range_clause'];
  return fn.descendantsOfType(types).flatMap((node) => {
    const channel = channelOfOperation(node);
    return channel === null ? [] : [{ channel, statement: enclosingSelect(node) ?? node }];
  });
}

const ownChannelsIn = rememberPerFunction(
  (fn, direction: 'send' | 'receive') =>
    channelsIn(fn.node, direction).filter(
      ({ channel }) => functionAround(channel, fn.file)?.node.id === fn.node.id,
    ),
  (direction) => direction,
);

function channelOfOperation(node: Node): Node | null {
  switch (node.type) {
    case 'send_statement':
      return node.childForFieldName('channel');
    case 'range_clause':
      return node.childForFieldName('right');
    default:
      return node.childForFieldName('operator')?.text === '<-' ? node.childForFieldName('operand') : null;
  }
}

/** The select of which the node is the communication of a case, not its body. */
function enclosingSelect(node: Node): Node | undefined {
  let at: Node | null = node;
  while (at !== null && at.type !== 'communication_case') at = at.parent;
  const communication = at?.childForFieldName('communication');
  if (communication == null || node.startIndex >= communication.endIndex) return undefined;
  return at?.parent ?? undefined;
}
