import { type Binding, bindingOf, makesFreshObject, syntacticType, usesOf } from './bindings.js';
import { calleeOf, isCall } from './calls.js';
import { type GoFunction, receiverType } from './functions.js';
import type { Node } from './parser.js';
import type { Program } from './program.js';
import { calleesOf } from './references.js';
import { hasNamedResults, type Result, type Returned, resultFor, returnedBy } from './results.js';
import { slotOf, useOf } from './slots.js';

/** Constructors that call constructors. */
const maxDepth = 4;

/**
 * Whether a variable is set once, to an object that is made anew each time: on the spot (`&T{}`, `make`), or by a
 * function of the program that returns nothing but objects which it has made itself.
 */
export function holdsFreshObject(binding: Binding, file: string, program: Program, depth = 0): boolean {
  if (binding.kind !== 'local' || isReassigned(binding)) return false;
  if (binding.value !== undefined) return isFreshValue(binding.value, file, program, depth);
  const result = resultFor(binding.name);
  return result !== undefined && isFreshResult(result, file, program, depth);
}

export function isFreshValue(value: Node, file: string, program: Program, depth = 0): boolean {
  if (makesFreshObject(value)) return true;
  return isCall(value) && isFreshResult({ call: value, index: 0 }, file, program, depth);
}

function isFreshResult({ call, index }: Result, file: string, program: Program, depth: number): boolean {
  if (depth >= maxDepth) return false;
  const makers = makersOf(call, file, program);
  return makers.length > 0 && makers.every((fn) => returnsFresh(fn, index, program, depth + 1));
}

/** A method by its bare name may be one of a library too: its receiver's type has to be known. */
function makersOf(call: Node, file: string, program: Program): readonly GoFunction[] {
  const all = calleesOf(call, file, program);
  if (all.every(({ kind }) => kind === 'function')) return all;
  const callee = calleeOf(call);
  if (callee !== undefined && slotOf(callee, file)?.kind === 'global')
    return all.filter(({ kind }) => kind === 'function');
  const operand = callee?.childForFieldName('operand') ?? undefined;
  const type = operand === undefined ? undefined : syntacticType(operand);
  if (type === undefined) return [];
  return all.filter((fn) => fn.kind === 'method' && receiverType(fn.node) === type);
}

function returnsFresh(fn: GoFunction, index: number, program: Program, depth: number): boolean {
  // A deferred function may still exchange a result that has a name.
  if (hasNamedResults(fn) && fn.node.descendantsOfType(['defer_statement']).length > 0) return false;
  const made = returnedBy(fn, index).filter((one) => one.kind !== 'value' || one.node.type !== 'nil');
  return made.length > 0 && made.every((one) => isMadeIn(fn, one, program, depth));
}

function isMadeIn(fn: GoFunction, returned: Returned, program: Program, depth: number): boolean {
  if (returned.kind === 'unknown') return false;
  if (returned.kind === 'result') return isFreshResult(returned, fn.file, program, depth);
  const { node } = returned;
  if (node.type !== 'identifier') return isFreshValue(node, fn.file, program, depth);
  const binding = bindingOf(node);
  const isOwn =
    binding !== undefined &&
    binding.name.startIndex >= fn.node.startIndex &&
    binding.name.endIndex <= fn.node.endIndex;
  return isOwn && holdsFreshObject(binding, fn.file, program, depth);
}

/** Whether the variable is set again, or may be through a pointer. */
export function isReassigned(binding: Binding): boolean {
  return usesOf(binding).some((use) => {
    if (useOf(use).kind === 'assigned') return true;
    if (use.parent?.type !== 'unary_expression') return false;
    const operator = use.parent.childForFieldName('operator')?.text;
    return operator === '&' || (operator === '*' && useOf(use.parent).kind === 'assigned');
  });
}
