import { bindingOf, listOf, usesOf } from './bindings.js';
import { functionAround, functionKey, type GoFunction } from './functions.js';
import { occurrences, parameterNames } from './occurrences.js';
import { childrenOf, lineOf, type Node } from './parser.js';
import type { Program } from './program.js';
import { calleesOf, isOwn, referencesTo } from './references.js';
import { resultFor, returnedBy } from './results.js';
import { slotKey, slotOf, useOf } from './slots.js';
import { isCopiedWhole, isSetByPosition } from './struct-copies.js';

/** A context that a cancel function ends, and where it is made. */
export interface CancellableContext {
  readonly file: string;
  readonly line: number;
  readonly within: GoFunction | undefined;
  /** The variable or field that the context was assigned to. */
  readonly name: Node;
  /** The one of its cancel function; `undefined` when it is thrown away. */
  readonly cancel: Node | undefined;
}

/** What can end a context, seen from an expression that means it. */
export interface ContextEnds {
  readonly contexts: readonly CancellableContext[];
  /** Deadlines, and places from where a context comes that was not followed. */
  readonly others: readonly { readonly file: string; readonly line: number; readonly text: string }[];
}

const maxSteps = 200;

/**
 * Follows a context back to where it was made, and on to its parents: variables, parameters, fields. Only what
 * package context itself makes is understood.
 */
export function followContext(start: Node, startFile: string, program: Program): ContextEnds {
  const contexts = new Map<string, CancellableContext>();
  const others: { file: string; line: number; text: string }[] = [];
  const seen = new Set<string>();
  const queue: { node: Node; file: string }[] = [{ node: start, file: startFile }];
  const lose = (node: Node, file: string) =>
    others.push({ file, line: lineOf(node), text: node.text.replace(/\s+/g, ' ').slice(0, 80) });

  function made(call: Node, file: string, name: Node | undefined, cancel: Node | undefined): void {
    const parent = childrenOf(call.childForFieldName('arguments') ?? call)[0];
    switch (contextFunction(call)) {
      case 'Background':
      case 'TODO':
      case 'WithoutCancel':
        return;
      case 'WithValue':
        break;
      case 'WithCancel':
      case 'WithCancelCause': {
        if (name === undefined || cancel === undefined) return void lose(call, file);
        const kept = cancel.text === '_' ? undefined : cancel;
        const within = functionAround(call, file);
        contexts.set(`${file}:${call.startIndex}`, { file, line: lineOf(call), within, name, cancel: kept });
        break;
      }
      default:
        results(call, 0, file);
        return;
    }
    if (parent === undefined) lose(call, file);
    else queue.push({ node: parent, file });
  }

  /** What a function of the program returns at that position. */
  function results(call: Node, index: number, file: string): void {
    const callees = calleesOf(call, file, program);
    if (callees.length === 0 || !isOwn(call, callees)) lose(call, file);
    for (const fn of callees) {
      const key = `results ${functionKey(fn)} ${index}`;
      if (seen.has(key)) continue;
      seen.add(key);
      for (const returned of returnedBy(fn, index)) {
        if (returned.kind === 'value') {
          if (returned.node.type !== 'nil') queue.push({ node: returned.node, file: fn.file });
        } else if (returned.kind === 'result') results(returned.call, returned.index, fn.file);
        else lose(returned.node, fn.file);
      }
    }
  }

  /** A place that is set: where does its value come from? */
  function written(target: Node, file: string): void {
    const paired = pairedCall(target);
    const result = resultFor(target);
    if (result !== undefined && contextFunction(result.call) === undefined) {
      results(result.call, result.index, file);
      return;
    }
    if (paired !== undefined) {
      made(paired.call, file, target, paired.second);
      return;
    }
    const use = useOf(target);
    if (use.kind === 'assigned' && use.value !== undefined) queue.push({ node: use.value, file });
    else lose(target, file);
  }

  function from(node: Node, file: string): void {
    if (node.type === 'call_expression') {
      made(node, file, undefined, undefined);
      return;
    }
    const slot = slotOf(node, file);
    if (slot === undefined) {
      lose(node, file);
      return;
    }
    if (seen.has(slotKey(slot))) return;
    seen.add(slotKey(slot));
    if (slot.kind !== 'local') {
      if (slot.kind === 'field' && (isCopiedWhole(slot, program) || isSetByPosition(slot, program)))
        lose(node, file);
      for (const place of occurrences(slot, program)) {
        const use = useOf(place.node);
        if (use.kind === 'assigned') written(place.node, place.file);
      }
      return;
    }
    const { binding } = slot;
    if (usesOf(binding).some((use) => use.parent?.type === 'unary_expression')) lose(node, file);
    for (const use of usesOf(binding)) if (useOf(use).kind === 'assigned') written(use, slot.file);
    if (binding.kind === 'parameter') argumentsFor(binding.name, slot.file);
    else written(binding.name, slot.file);
  }

  function argumentsFor(name: Node, file: string): void {
    const fn = functionAround(name, file);
    if (fn === undefined) return;
    const index = parameterNames(fn.node).findIndex((parameter) => parameter.id === name.id);
    const { sites, foreign } = referencesTo(fn, program);
    if (foreign !== undefined) lose(name, file);
    for (const site of sites) {
      const list = site.call?.childForFieldName('arguments');
      const value = list == null ? undefined : childrenOf(list)[index];
      if (value === undefined) lose(site.node, site.file);
      else queue.push({ node: value, file: site.file });
    }
  }

  for (let steps = 0, next = queue.shift(); next !== undefined; next = queue.shift(), steps++) {
    if (steps > maxSteps) {
      lose(next.node, next.file);
      break;
    }
    from(next.node, next.file);
  }
  return { contexts: [...contexts.values()], others };
}

/** `WithCancel` of `context.WithCancel(p)`; `undefined` for calls of other packages. */
export function contextFunction(call: Node): string | undefined {
  const callee = call.childForFieldName('function');
  const operand = callee?.type === 'selector_expression' ? callee.childForFieldName('operand') : null;
  if (callee == null || operand?.type !== 'identifier' || bindingOf(operand) !== undefined) return undefined;
  const imported = operand.tree.rootNode
    .descendantsOfType(['import_spec'])
    .some(
      (spec) =>
        spec.childForFieldName('path')?.text === '"context"' &&
        (spec.childForFieldName('name')?.text ?? 'context') === operand.text,
    );
  return imported ? callee.childForFieldName('field')?.text : undefined;
}

/** The call of `a, b := f()` or `a, b = f()`, for `a` or `b`; and what stands second. */
export function pairedCall(name: Node): { readonly call: Node; readonly second: Node } | undefined {
  const list = name.parent;
  const statement = list?.type === 'expression_list' ? list.parent : null;
  if (statement?.type !== 'short_var_declaration' && statement?.type !== 'assignment_statement')
    return undefined;
  const left = listOf(statement.childForFieldName('left'));
  const [call, ...more] = listOf(statement.childForFieldName('right'));
  const [, second] = left;
  if (left.length !== 2 || second === undefined || more.length > 0) return undefined;
  return call?.type === 'call_expression' && left.some((node) => node.id === name.id)
    ? { call, second }
    : undefined;
}
