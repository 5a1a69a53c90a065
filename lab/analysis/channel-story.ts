import type { ChannelFlow, ChannelOperation } from '../source/channel-flow.js';
import { type Departure, departureOf, functionName } from '../source/departures.js';
import { functionAround, functionKey } from '../source/functions.js';
import { endLineOf, type Node } from '../source/parser.js';
import type { Program } from '../source/program.js';
import { routesTo } from '../source/routes.js';
import type { Activations } from './frame-functions.js';
import type { Releaser } from './wait-for-graph.js';

/** A place in the source where something is done with the channel. */
export interface OperationPlace {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

/** What the sources tell of a channel's life, for the words of a finding. */
export interface ChannelStory {
  readonly sends: readonly OperationPlace[];
  readonly closes: readonly OperationPlace[];
  /** How those who received from it may have left. */
  readonly departures: readonly (Departure & {
    /** The function that made the channel is this one: it ran. */
    readonly made: boolean;
    /** Some goroutine is in that function, with this channel or another. */
    readonly onStack: boolean;
  })[];
  /** Cells with a frame that has sent and has yet to receive: holders of a slot of a semaphore. */
  readonly holders: ReadonlySet<string>;
}

/** Collects what the rules about channels tell; nothing that certainty rests on. */
export function tellStory(
  flow: ChannelFlow,
  releasers: readonly Releaser[],
  activations: Activations,
  program: Program,
): ChannelStory {
  const makers = new Set(
    flow.slots.flatMap((slot) => {
      if (slot.kind !== 'local' || slot.binding.value?.childForFieldName('function')?.text !== 'make')
        return [];
      const fn = functionAround(slot.binding.name, slot.file);
      return fn === undefined ? [] : [functionKey(fn)];
    }),
  );
  const departures = flow.operations.flatMap((operation) => {
    const { within } = operation;
    const left = operation.kind === 'receive' ? departureOf(operation) : undefined;
    if (left === undefined || within === undefined) return [];
    const made = makers.has(functionKey(within));
    return [{ ...left, made, onStack: activations.of(within).length > 0 }];
  });
  return {
    sends: placesOf(flow, 'send'),
    closes: placesOf(flow, 'close'),
    departures,
    holders: holdersOf(flow, releasers, activations, program),
  };
}

function placesOf({ operations }: ChannelFlow, kind: ChannelOperation['kind']): OperationPlace[] {
  return operations
    .filter((operation) => operation.kind === kind)
    .map(({ within, file, line }) => ({
      function: within === undefined ? 'a package initializer' : functionName(within),
      file,
      line,
    }));
}

function holdersOf(
  flow: ChannelFlow,
  releasers: readonly Releaser[],
  activations: Activations,
  program: Program,
): ReadonlySet<string> {
  // In which frame of which cell a receive is still to come.
  const owing = new Set(
    releasers.flatMap((r) =>
      r.kind === 'cell' && r.how.operation === 'receive' ? [`${r.cell} ${r.how.frame}`] : [],
    ),
  );
  const out = new Set<string>();
  if (owing.size === 0) return out;
  const note = (within: ChannelOperation['within'], site: Node) => {
    if (within === undefined) return;
    for (const { cell, frame } of activations.of(within)) {
      if (endLineOf(site) < frame.line && owing.has(`${cell.key} ${frame.index}`)) out.add(cell.key);
    }
  };
  for (const operation of flow.operations) {
    if (operation.kind !== 'send') continue;
    note(operation.within, operation.node);
    for (const route of routesTo(operation, flow.copied, program)) {
      if (route.kind === 'through') note(route.within, route.site);
    }
  }
  return out;
}
