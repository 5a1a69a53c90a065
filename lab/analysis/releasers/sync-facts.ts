import type { Holder, Operation } from '../../source/facts.js';
import type { AnsweredClass } from '../../source/sources.js';
import type { Locator } from '../model/locator.js';
import type { SyncMode } from '../model/snapshot.js';
import { type GateKeepers, gateKeepers, type SearchContext } from './context.js';
import { type Meanings, readMeanings } from './meaning.js';

const maxAsked = 8;

export interface SyncFacts {
  readonly class: AnsweredClass;
  readonly stacks: ReadonlyMap<Operation, Meanings>;
  readonly routes: ReadonlyMap<Operation, Meanings>;
  readonly holders: ReadonlyMap<Holder, Meanings>;
  readonly gates: GateKeepers;
}

/** What the sources tell of objects that are waited for in one way at some operations, and what their frames mean. */
export function syncFacts(context: SearchContext, locator: Locator) {
  const classes = new Map<string, Promise<SyncFacts>>();

  async function study(ops: readonly number[], mode: SyncMode): Promise<SyncFacts> {
    const found = await context.sources.releasers(ops, mode);
    const read = (spots: Parameters<typeof readMeanings>[0]) =>
      readMeanings(spots, context.bucketsOf, locator, { maxAsked });
    const stacks = new Map<Operation, Meanings>();
    const routes = new Map<Operation, Meanings>();
    for (const operation of found.operations) {
      stacks.set(operation, await read(operation.onStack));
      routes.set(operation, await read(operation.routes));
    }
    const holders = new Map<Holder, Meanings>();
    for (const holder of found.holders) holders.set(holder, await read([holder]));
    const closed = new Map<number, Meanings>();
    for (const gate of found.gates) closed.set(gate.id, await read(gate.closed));
    return { class: found, stacks, routes, holders, gates: gateKeepers(found, closed, context.bucketsOf) };
  }

  return (ops: readonly number[], mode: SyncMode): Promise<SyncFacts> => {
    const key = `${mode} ${[...ops].sort((a, b) => a - b).join(' ')}`;
    const known = classes.get(key) ?? study(ops, mode);
    classes.set(key, known);
    return known;
  };
}
