import type { CoreMemory } from '../core/memory.js';
import { type DelveClient, globalScope, smallLoad } from '../delve/client.js';
import type { CallOptions } from '../delve/rpc.js';
import { kinds, type Variable } from '../delve/wire.js';
import type { RuntimeLayout } from '../goruntime/layout.js';
import { readGoroutineStackTops } from '../goruntime/stack-tops.js';
import { bindingOf, syntacticType } from '../source/bindings.js';
import { operationsIn, type SyncOperation } from '../source/sync-operations.js';
import { askedOnce } from './asked-once.js';
import type { Frame, Snapshot } from './snapshot.js';
import type { MatchSync } from './sync-match.js';
import { typeExpression } from './variable-text.js';

interface Source {
  readonly client: Pick<DelveClient, 'eval'>;
  readonly memory: CoreMemory;
  readonly layout: RuntimeLayout;
}

const syncType = /^\*?sync\.(?:Mutex|RWMutex|WaitGroup|Cond)$/;
const embedded = ['Mutex', 'RWMutex', 'WaitGroup', 'Cond'];
/** Above its own end, where the caller keeps room for register arguments. */
const spilled = 64;
const maxFrameBytes = 64 * 1024;

/** Evaluates operands in frames, each once; where optimised code lost the variable, looks into the frame's memory. */
export function syncEvaluator(
  { client, memory, layout }: Source,
  snapshot: Snapshot,
  options: CallOptions,
): MatchSync {
  let tops: ReadonlyMap<number, number> | undefined;
  const topOf = (goroutine: number) => {
    tops ??= readGoroutineStackTops(memory, layout, new Set(snapshot.cells.flatMap((cell) => cell.ids)));
    return tops.get(goroutine);
  };
  const read = askedOnce(ask);

  async function ask(
    goroutineId: number,
    frame: number,
    expression: string,
  ): Promise<number | 'other' | 'unreadable'> {
    const scope = { goroutineId, frame };
    const seen = await client.eval(scope, expression, options, smallLoad);
    if (seen.kind === 'unreadable') return 'unreadable';
    const direct = objectAt(seen.variable);
    if (direct !== undefined) return direct;
    for (const field of embedded) {
      const inner = await client.eval(scope, `${expression}.${field}`, options, smallLoad);
      const address = inner.kind === 'value' ? objectAt(inner.variable) : undefined;
      if (address !== undefined) return address;
    }
    return 'other';
  }

  const offsets = new Map<string, number | undefined>();
  /** Distance of the field from the struct that a local variable points at. */
  async function fieldOffset(
    frame: Frame,
    operation: SyncOperation,
    address: number,
  ): Promise<number | undefined> {
    const { operand } = operation;
    const owner = operand.type === 'selector_expression' ? operand.childForFieldName('operand') : operand;
    if (owner?.type !== 'identifier') return undefined;
    const type = syntacticType(owner);
    const pkg = packageOf(frame.function);
    if (type === undefined || syncTypeName.test(type) || pkg === undefined) return undefined;
    const field =
      operand.type === 'selector_expression' ? operand.childForFieldName('field')?.text : undefined;
    const fields = field === undefined ? embedded : [field];
    for (const name of fields) {
      const expression = `(*(*${typeExpression(`${pkg}.${type}`)})(${address})).${name}`;
      if (!offsets.has(expression)) {
        const seen = await client.eval(globalScope, expression, options, smallLoad);
        const at =
          seen.kind === 'value' && syncType.test(seen.variable.type) ? seen.variable.addr : undefined;
        offsets.set(expression, at === undefined ? undefined : at - address);
      }
      const offset = offsets.get(expression);
      if (offset !== undefined) return offset;
    }
    return undefined;
  }

  return async ({ goroutine, frame, called, operation, address }) => {
    const seen = await read(goroutine, frame.index, operation.expression);
    if (typeof seen === 'number') return seen === address ? 'same' : 'other';
    if (seen === 'other') return 'other';
    const top = topOf(goroutine);
    const words = top === undefined ? undefined : frameWords(memory, top, frame, called);
    if (words === undefined) return 'unreadable';
    const offset = await fieldOffset(frame, operation, address);
    const kept = words.has(address) || (offset !== undefined && words.has(address - offset));
    // With two variables of one type in the function, a pointer in its frame may be either.
    if (kept) return ambiguous(operation) ? 'unreadable' : 'kept';
    return offset !== undefined && comesFromCaller(operation) ? 'other' : 'unreadable';
  };
}

const syncTypeName = /^(?:Mutex|RWMutex|Locker|WaitGroup|Cond)$/;

/** Address of the object that a variable is or points at; `undefined` when it is nothing of package sync. */
function objectAt(variable: Variable): number | undefined {
  if (variable.kind === kinds.interface) {
    const [value] = variable.children;
    return value === undefined ? undefined : objectAt(value);
  }
  if (!syncType.test(variable.type)) return undefined;
  if (variable.kind !== kinds.pointer) return variable.addr;
  return variable.children[0]?.addr;
}

/** The words of a frame's own memory; several inlined frames share one. */
function frameWords(
  memory: CoreMemory,
  top: number,
  frame: Frame,
  called: Frame | undefined,
): ReadonlySet<number> | undefined {
  if (frame.offset === undefined) return undefined;
  const end = Math.min(top + frame.offset + spilled, top);
  // Inlined callees share the frame: then only its end is known, and a part of it is looked at.
  const start =
    called?.offset !== undefined && called.offset < frame.offset ? top + called.offset : end - 1024;
  if (end - start > maxFrameBytes || end <= start) return undefined;
  const out = new Set<number>();
  for (let at = start; at < end; at += 8) out.add(memory.u64(at) ?? 0);
  return out;
}

/** `main` of `main.(*Store).Get`; `example.com/a/b` of `example.com/a/b.Run.func1`. */
function packageOf(name: string): string | undefined {
  const slash = name.lastIndexOf('/');
  const dot = name.indexOf('.', slash + 1);
  return dot < 0 ? undefined : name.slice(0, dot);
}

function ownerOf({ operand }: SyncOperation) {
  return operand.type === 'selector_expression' ? operand.childForFieldName('operand') : operand;
}

function comesFromCaller(operation: SyncOperation): boolean {
  const owner = ownerOf(operation);
  if (owner?.type !== 'identifier') return false;
  const binding = bindingOf(owner);
  const inside = binding !== undefined && binding.scope.id === operation.within?.node.id;
  return inside && binding.kind !== 'local';
}

function ambiguous(operation: SyncOperation): boolean {
  const owner = ownerOf(operation);
  if (owner?.type !== 'identifier' || operation.within === undefined) return true;
  const fn = operation.within.node;
  const type = syntacticType(owner);
  const objects = new Set(operationsIn(operation.within).map(({ expression }) => expression));
  if (type === undefined && objects.size > 1) return true;
  return fn
    .descendantsOfType(['identifier'])
    .some((node) => node.text !== owner.text && (type === undefined ? false : syntacticType(node) === type));
}
