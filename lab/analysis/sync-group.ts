import { type GoFunction, stillAhead } from '../source/functions.js';
import { endLineOf, type Node } from '../source/parser.js';
import { operationsIn, type SyncOperation } from '../source/sync-operations.js';
import { byCalls, evidence } from './call-routes.js';
import { type Activation, functionOfFrame } from './frame-functions.js';
import type { Cell, Frame, SyncObject } from './snapshot.js';
import { calledBy, howOf, matchCell, type SyncContext } from './sync-match.js';
import type { Releaser } from './wait-for-graph.js';

type CellReleaser = Extract<Releaser, { kind: 'cell' }>;

/** A frame from which a `Done` of the group is still to come. */
interface Pending {
  readonly releaser: CellReleaser;
  readonly count: number;
  /** Of these it was seen that they mean this very group. */
  readonly seen: number;
  /** `once`: no loop leads there again. `sure`: it is deferred already, so that nothing can keep it from coming. */
  readonly times: 'sure' | 'once' | 'many';
}

/**
 * Who could bring the counter of a wait group down. Each of them does so by one: where just as many goroutines have
 * a `Done` to come as the counter says, all of them are needed, and the wait ends with the last (`holds`).
 */
export async function groupReleasers(
  operations: readonly SyncOperation[],
  address: number,
  object: SyncObject | undefined,
  isOpen: boolean,
  context: SyncContext,
): Promise<Releaser[]> {
  const pending = [...(await startedByGo(address, context))];
  const called: Releaser[] = [];
  for (const operation of operations) {
    const { within } = operation;
    if (within === undefined) continue;
    const ahead = ({ frame }: Activation) => stillAhead(within, operation.node, frame.line);
    for (const activation of context.activations.of(within).filter(ahead)) {
      const found = await pendingIn(activation, operation, within, address, context);
      if (found !== undefined) pending.push(found);
    }
    called.push(
      ...byCalls({ ...operation, kind: 'done', channel: operation.operand }, { copied: new Set() }, context),
    );
  }
  const counter = object?.state.kind === 'waitgroup' ? object.state.waitgroup.counter : undefined;
  const others = isOpen || called.length > 0;
  const needed = counter !== undefined && neededAll(pending, counter, others);
  const own = pending.map(({ releaser, seen, times }) =>
    needed && releaser.certain && seen > 0 && times !== 'many'
      ? { ...releaser, holds: true as const }
      : releaser,
  );
  return [...own, ...called];
}

/** Either the counter is accounted for by those seen, or there are no more than that who could be meant. */
function neededAll(pending: readonly Pending[], counter: number, others: boolean): boolean {
  const sure = pending.filter(({ times }) => times === 'sure').reduce((sum, { seen }) => sum + seen, 0);
  if (sure === counter) return pending.every(({ times }) => times === 'sure');
  const all = pending.reduce((sum, { count }) => sum + count, 0);
  return !others && all <= counter && pending.every(({ times }) => times !== 'many');
}

async function pendingIn(
  { cell, frame }: Activation,
  operation: SyncOperation,
  within: GoFunction,
  address: number,
  context: SyncContext,
): Promise<Pending | undefined> {
  const match = await matchCell(cell, frame, operation, address, context);
  if (match.kind === 'other') return undefined;
  const how = howOf({ ...operation, kind: 'done' }, cell, frame, match);
  const certain = match.kind === 'same';
  const seen = certain ? await countSame(cell, frame, operation, address, context) : 0;
  return {
    releaser: { kind: 'cell', cell: cell.key, certain, how },
    count: cell.count,
    seen,
    times: timesOf(operation, within, frame.line),
  };
}

async function countSame(
  cell: Cell,
  frame: Frame,
  operation: SyncOperation,
  address: number,
  { match }: SyncContext,
): Promise<number> {
  let count = 0;
  const called = calledBy(cell, frame);
  for (const goroutine of cell.ids) {
    const seen = await match({ goroutine, frame, called, operation, address });
    if (seen === 'same' || seen === 'kept') count += 1;
  }
  return count;
}

/** `wg.Done()` or `wg.Add(-1)`, deferred on the way into the function: everybody who stands behind it will come to it. */
function timesOf(operation: SyncOperation, { node: fn }: GoFunction, line: number): Pending['times'] {
  const { node, deferred } = operation;
  const text = node.childForFieldName('function')?.childForFieldName('field')?.text;
  const isOne = text === 'Done' || (text === 'Add' && /^\(\s*-1\s*\)$/.test(argumentsOf(node)));
  if (!isOne || fn.descendantsOfType(['goto_statement']).length > 0) return 'many';
  const path: Node[] = [];
  for (let at = node.parent; at !== null && at.id !== fn.id; at = at.parent) path.push(at);
  if (path.some(({ type }) => type === 'for_statement')) return 'many';
  const defer = path.find(({ type }) => type === 'defer_statement');
  const straight = path.every(({ type }) => unconditional.has(type));
  return deferred && defer !== undefined && straight && endLineOf(defer) < line ? 'sure' : 'once';
}

const unconditional = new Set([
  ...['block', 'statement_list', 'expression_statement', 'defer_statement', 'call_expression'],
  ...['func_literal', 'parenthesized_expression'],
]);

const argumentsOf = (call: Node) => call.childForFieldName('arguments')?.text ?? '';

/** `wg.Go(f)` calls `Done` in the library, when `f` returns. */
async function startedByGo(address: number, context: SyncContext): Promise<Pending[]> {
  const out: Pending[] = [];
  for (const cell of context.snapshot.cells) {
    const frame = cell.signature.frames.find(({ function: name }) =>
      name.startsWith('sync.(*WaitGroup).Go.'),
    );
    if (frame === undefined || context.program.text(frame.file) === undefined) continue;
    const fn = functionOfFrame(frame, context.program);
    const done = fn === undefined ? undefined : operationsIn(fn).find(({ kind }) => kind === 'done');
    if (fn !== undefined && done !== undefined) {
      const found = await pendingIn({ cell, frame }, done, fn, address, context);
      if (found !== undefined) out.push(found);
      continue;
    }
    const at = { kind: 'done', expression: 'wg', file: frame.file, line: frame.line } as const;
    const how = evidence(at, cell, frame, 0);
    const releaser = { kind: 'cell', cell: cell.key, certain: false, how } as const;
    out.push({ releaser, count: cell.count, seen: 0, times: 'many' });
  }
  return out;
}
