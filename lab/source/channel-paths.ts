import { type Binding, bindingOf } from './bindings.js';
import { argumentsOf, calleeOf } from './calls.js';
import type { ChannelFlow } from './channel-flow.js';
import { isFreshValue, isReassigned } from './fresh.js';
import type { GoFunction } from './functions.js';
import { occurrences, parameterNames } from './occurrences.js';
import { childrenOf, type Node } from './parser.js';
import type { Program } from './program.js';
import { type Slot, slotKey, slotOf, useOf } from './slots.js';
import { isLoopVariable } from './stability.js';
import { isCopiedWhole } from './struct-copies.js';

/** A channel as a variable, or as a field of what a variable holds: `readers`, `p.slots`. */
export interface ChannelPath {
  readonly root: Binding | (Slot & { kind: 'global' });
  readonly field: string | undefined;
  /** The variable or field itself. */
  readonly slot: Slot;
}

export function pathOf(expression: Node, file: string): ChannelPath | undefined {
  const inner = expression.type === 'parenthesized_expression' ? childrenOf(expression)[0] : undefined;
  if (inner !== undefined) return pathOf(inner, file);
  if (expression.type === 'unary_expression' && /^[&*]$/.test(operatorOf(expression))) {
    const operand = expression.childForFieldName('operand');
    return operand === null ? undefined : pathOf(operand, file);
  }
  const slot = slotOf(expression, file);
  switch (slot?.kind) {
    case 'local':
      return { root: slot.binding, field: undefined, slot };
    case 'global':
      return slot.directory === undefined ? undefined : { root: slot, field: undefined, slot };
    case 'field': {
      const operand = expression.childForFieldName('operand');
      const owner = operand === null ? undefined : pathOf(operand, file);
      return owner === undefined || owner.field !== undefined
        ? undefined
        : { root: owner.root, field: slot.name, slot };
    }
    default:
      return undefined;
  }
}

const operatorOf = (node: Node) => node.childForFieldName('operator')?.text ?? '';

const isGlobal = (root: ChannelPath['root']): root is Slot & { kind: 'global' } => root.kind === 'global';

export const pathKey = ({ root, field = '' }: Pick<ChannelPath, 'root' | 'field'>) =>
  `${isGlobal(root) ? slotKey(root) : root.name.id}.${field}`;

export const isSamePath = (
  a: Pick<ChannelPath, 'root' | 'field'>,
  b: Pick<ChannelPath, 'root' | 'field'> | undefined,
) => b !== undefined && pathKey(a) === pathKey(b);

/**
 * Whether the path means one channel for as long as an activation lives, as far as this channel goes: what it is set
 * to meanwhile can only be a channel or object that is made then.
 */
export function isSteady(
  { root, field, slot }: ChannelPath,
  flow: Pick<ChannelFlow, 'reassigned'>,
  program: Program,
): boolean {
  if (flow.reassigned.has(slotKey(slot))) return false;
  if (slot.kind === 'field' && isCopiedWhole(slot, program)) return false;
  if (!isGlobal(root)) return !isReassigned(root) && !isLoopVariable(root.name);
  return field === undefined || isSetToNewOnly(root, program);
}

/** A package variable that is only ever set to an object made on the spot. */
function isSetToNewOnly(slot: Slot & { kind: 'global' }, program: Program): boolean {
  for (const { node, file } of occurrences(slot, program)) {
    if (node.parent?.type === 'unary_expression') return false;
    const use = useOf(node);
    if (use.kind !== 'assigned') continue;
    if (use.value === undefined || !isFreshValue(use.value, file, program)) return false;
  }
  return true;
}

const isInside = (binding: Binding, fn: GoFunction) =>
  binding.name.startIndex >= fn.node.startIndex && binding.name.endIndex <= fn.node.endIndex;

/** The same channel as the caller of `fn` names it. A literal's caller is where it is written. */
export function pathInCaller(
  path: ChannelPath,
  fn: GoFunction,
  call: Node | undefined,
  file: string,
): ChannelPath | undefined {
  const { root, field } = path;
  if (isGlobal(root) || !isInside(root, fn)) return path;
  const value = call === undefined ? undefined : passedFor(root, fn, call);
  const outer = value === undefined ? undefined : pathOf(value, file);
  if (outer === undefined || (outer.field !== undefined && field !== undefined)) return undefined;
  return field === undefined ? outer : { ...path, root: outer.root };
}

function passedFor(root: Binding, fn: GoFunction, call: Node): Node | undefined {
  if (root.kind === 'receiver') return calleeOf(call)?.childForFieldName('operand') ?? undefined;
  if (root.kind !== 'parameter') return undefined;
  const index = parameterNames(fn.node).findIndex((name) => name.id === root.name.id);
  return index < 0 ? undefined : argumentsOf(call)[index];
}

/** The same channel as a called function names it. */
export function pathInCallee(
  path: ChannelPath,
  fn: GoFunction,
  call: Node,
  file: string,
): ChannelPath | undefined {
  if (isGlobal(path.root) && path.field === undefined) return path;
  const receiver = fn.node.childForFieldName('receiver')?.namedChildren[0]?.childForFieldName('name');
  const operand = calleeOf(call)?.childForFieldName('operand') ?? undefined;
  const passed = [
    { name: receiver ?? undefined, value: operand },
    ...parameterNames(fn.node).map((name, i) => ({ name, value: argumentsOf(call)[i] })),
  ];
  for (const { name, value } of passed) {
    const given = value === undefined ? undefined : pathOf(value, file);
    const own = name === undefined ? undefined : bindingOf(name);
    if (given === undefined || own === undefined) continue;
    if (isSamePath(path, given)) return { ...path, root: own, field: undefined };
    if (isSamePath({ root: path.root, field: undefined }, given)) return { ...path, root: own };
  }
  return isGlobal(path.root) ? path : undefined;
}
