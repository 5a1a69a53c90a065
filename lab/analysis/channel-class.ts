import { type ChannelFlow, type ChannelOperation, followChannel } from '../source/channel-flow.js';
import { stillAhead } from '../source/functions.js';
import { gatesOf, isThrough } from '../source/gates.js';
import { keepsItsChannel } from '../source/stability.js';
import { byCalls, evidence } from './call-routes.js';
import type { Activation } from './frame-functions.js';
import type { SearchContext, WaitingPlace } from './releasers.js';
import type { Cell } from './snapshot.js';
import type { Releaser } from './wait-for-graph.js';

/** What is the same for all channels that are waited for at the same places: found out once. */
export interface ChannelClass {
  readonly flow: ChannelFlow;
  /** Goroutines with a frame from which the operation can still run on this very channel, or may. */
  onStacks(operation: ChannelOperation, channel: number): Promise<readonly Releaser[]>;
  byCalls(operation: ChannelOperation): readonly Releaser[];
}

/** Goroutines of one cell that are evaluated. */
const maxEvaluated = 4;

/** On threads, goroutines with the same Go frames may be at different places of the runtime: no index fits all. */
export const hasOwnFrames = ({ signature, count }: Cell) => signature.status === 'syscall' && count > 1;

export function channelClass(places: readonly WaitingPlace[], context: SearchContext): ChannelClass {
  const key = [...new Set(places.map(({ frame, channel: node }) => `${frame.file}#${node.id}`))]
    .sort()
    .join(' ');
  const known = context.classes.get(key);
  if (known !== undefined) return known;
  const flow = followChannel(
    places.map(({ frame, channel: node }) => ({ file: frame.file, node })),
    context.program,
  );
  const ready = new Map<ChannelOperation, Promise<OnStacks>>();
  const called = new Map<ChannelOperation, readonly Releaser[]>();
  const made: ChannelClass = {
    flow,
    async onStacks(operation, channel) {
      const looking = ready.get(operation) ?? lookAtStacks(operation, flow, context);
      ready.set(operation, looking);
      const { same, possible } = await looking;
      const certain = same.get(channel) ?? [];
      const cells = new Set(certain.map(({ place }) => place));
      return [...certain, ...possible.filter(({ place }) => !cells.has(place))]
        .sort((a, b) => a.place - b.place)
        .map(({ releaser }) => releaser);
    },
    byCalls(operation) {
      const found = called.get(operation) ?? byCalls(operation, flow, context);
      called.set(operation, found);
      return found;
    },
  };
  context.classes.set(key, made);
  return made;
}

interface Found {
  /** Which of the activations it is. */
  readonly place: number;
  readonly releaser: Releaser;
}

interface OnStacks {
  readonly same: ReadonlyMap<number, readonly Found[]>;
  /** Those that may mean any channel. */
  readonly possible: readonly Found[];
}

/** Evaluates the operation's channel in every frame that stands before it. */
async function lookAtStacks(
  operation: ChannelOperation,
  flow: ChannelFlow,
  { activations, evaluate, program }: SearchContext,
): Promise<OnStacks> {
  const same = new Map<number, Found[]>();
  const possible: Found[] = [];
  const { within } = operation;
  if (within === undefined) return { same, possible };
  const ahead = new Map<number, { readonly ahead: boolean; readonly stays: boolean }>();
  const gate = gatesOf(operation, flow, program)?.before(operation.node, within);
  const at = (line: number) => {
    const known = ahead.get(line) ?? {
      ahead: stillAhead(within, operation.node, line) && (gate === undefined || isThrough(gate, line)),
      stays: keepsItsChannel(operation.channel, within, line, flow),
    };
    ahead.set(line, known);
    return known;
  };
  for (const [place, { cell, frame }] of activations.of(within).entries()) {
    const { ahead, stays } = at(frame.line);
    if (!ahead) continue;
    const seen = await evaluateIn({ cell, frame }, operation.expression, evaluate);
    const releaserOf = (certain: boolean, goroutine: number): Releaser => ({
      ...{ kind: 'cell', cell: cell.key, certain },
      how: evidence(operation, cell, frame, goroutine),
    });
    for (const [address, goroutine] of seen.addresses) {
      const list = same.get(address) ?? [];
      list.push({ place, releaser: releaserOf(true, goroutine) });
      same.set(address, list);
    }
    if (seen.unsure || !stays) possible.push({ place, releaser: releaserOf(false, cell.ids[0] ?? 0) });
  }
  return { same, possible };
}

/** What the expression means in the goroutines of a cell; sure only when it could be read in each of them. */
async function evaluateIn(
  { cell, frame }: Activation,
  expression: string,
  evaluate: SearchContext['evaluate'],
): Promise<{ readonly addresses: ReadonlyMap<number, number>; readonly unsure: boolean }> {
  const addresses = new Map<number, number>();
  let unsure = cell.count > Math.min(cell.ids.length, maxEvaluated) || hasOwnFrames(cell);
  for (const goroutine of cell.ids.slice(0, maxEvaluated)) {
    const seen = await evaluate(goroutine, frame.index, expression);
    if (seen.kind === 'unreadable') unsure = true;
    else if (!addresses.has(seen.address)) addresses.set(seen.address, goroutine);
  }
  return { addresses, unsure };
}
