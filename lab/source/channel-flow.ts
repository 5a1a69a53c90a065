import { dirname } from 'node:path/posix';
import { type Binding, listOf, syntacticType, usesOf } from './bindings.js';
import { functionAround, type GoFunction } from './functions.js';
import { occurrences, parameterNames } from './occurrences.js';
import { childrenOf, lineOf, type Node } from './parser.js';
import type { Program } from './program.js';
import { calleesOf, referencesTo } from './references.js';
import { type Slot, slotKey, slotOf, useOf } from './slots.js';
import { isCopiedWhole } from './struct-copies.js';

/** One operation on a channel in the source. */
export interface ChannelOperation {
  readonly kind: 'send' | 'receive' | 'close';
  /** The channel as written: `m.inChannel`. */
  readonly expression: string;
  readonly file: string;
  readonly line: number;
  /** The innermost function around it; `undefined` at package level. */
  readonly within: GoFunction | undefined;
  readonly node: Node;
  readonly channel: Node;
}

/** A place where the channel leaves what was followed. */
export interface Escape {
  readonly file: string;
  readonly line: number;
  readonly text: string;
}

/** Everything in the program that may touch a channel, found from the names it is known by. */
export interface ChannelFlow {
  readonly operations: readonly ChannelOperation[];
  /** Empty when every name of the channel was followed to its end. */
  readonly escapes: readonly Escape[];
  readonly slots: readonly Slot[];
  /** Keys of the places that receive a channel from elsewhere, not only by `make` on the spot. */
  readonly copied: ReadonlySet<string>;
  /** Keys of the places to which an existing channel is assigned after they were declared. */
  readonly reassigned: ReadonlySet<string>;
}

const maxSlots = 200;

/**
 * Follows a channel through the program's sources by name: fields, variables, parameters, assignments, struct
 * literals and results. It merges what the same name may hold, so it finds too many operations rather than too
 * few; what it cannot follow is an escape.
 */
export function followChannel(
  start: readonly { readonly file: string; readonly node: Node }[],
  program: Program,
): ChannelFlow {
  const slots = new Map<string, Slot>();
  const queue: Slot[] = [];
  const operations = new Map<string, ChannelOperation>();
  const escapes = new Map<string, Escape>();
  const copied = new Set<string>();
  const reassigned = new Set<string>();
  const seenCalls = new Set<string>();
  let current: Slot | undefined;

  const leave = (node: Node, file: string): void => {
    const text = shorten((node.parent ?? node).text);
    escapes.set(`${file}:${node.startIndex}`, { file, line: lineOf(node), text });
  };
  const add = (node: Node, file: string): void => {
    const slot = slotOf(node, file);
    if (slot === undefined) {
      leave(node, file);
      return;
    }
    addSlot(slot);
  };
  const addSlot = (slot: Slot) => {
    const key = slotKey(slot);
    if (slots.has(key)) return;
    slots.set(key, slot);
    queue.push(slot);
  };
  const addFrom = (value: Node | undefined, node: Node, file: string) => {
    if (value?.type === 'nil' || (value !== undefined && isMake(value))) return;
    if (current !== undefined) copied.add(slotKey(current));
    if (value === undefined) leave(node, file);
    else if (value.type === 'call_expression') addResults(value, file);
    else add(value, file);
  };
  const addTarget = (target: Node, file: string) => {
    const slot = slotOf(target, file);
    if (slot !== undefined) copied.add(slotKey(slot));
    add(target, file);
  };
  const noteReassigned = (target: Node, file: string) => {
    const slot = slotOf(target, file);
    if (slot !== undefined) reassigned.add(slotKey(slot));
  };
  const addParameter = (fn: GoFunction, index: number, call: Node, file: string): void => {
    const name = parameterNames(fn.node)[index];
    if (name === undefined) {
      leave(call, file);
      return;
    }
    if (name.text !== '_') add(name, fn.file);
  };

  function visit(node: Node, file: string): void {
    const use = useOf(node);
    switch (use.kind) {
      case 'send':
      case 'receive':
      case 'close':
        operations.set(`${file}:${use.node.startIndex}`, {
          kind: use.kind,
          expression: node.text,
          file,
          line: lineOf(node),
          within: functionAround(use.node, file),
          node: use.node,
          channel: node,
        });
        return;
      case 'harmless':
        return;
      case 'flows-to':
        if (isAssigned(use.target)) noteReassigned(use.target, file);
        addTarget(use.target, file);
        return;
      case 'assigned':
        if (isAssigned(node) && !(use.value !== undefined && isMake(use.value))) noteReassigned(node, file);
        addFrom(use.value, node, file);
        return;
      case 'field-value':
        addField(use.field, use.literal, file);
        return;
      case 'argument': {
        const callees = calleesOf(use.call, file, program);
        if (callees.length === 0) leave(node, file);
        for (const fn of callees) addParameter(fn, use.index, use.call, file);
        return;
      }
      case 'returned':
        if (use.single) visitCallers(node, file);
        else leave(node, file);
        return;
      case 'unknown':
        leave(node, file);
        return;
    }
  }

  /** The channel is what a function of the program returns. */
  function addResults(call: Node, file: string): void {
    const callees = calleesOf(call, file, program);
    if (callees.length === 0) leave(call, file);
    for (const fn of callees) {
      for (const statement of fn.node.descendantsOfType(['return_statement'])) {
        if (functionAround(statement, fn.file)?.node.id !== fn.node.id) continue;
        const [value, ...others] = listOf(statement.namedChildren[0] ?? null);
        if (value === undefined || others.length > 0) leave(statement, fn.file);
        else if (value.type === 'call_expression' && seenCalls.has(`${fn.file}#${value.startIndex}`))
          continue;
        else {
          seenCalls.add(`${fn.file}#${value.startIndex}`);
          addFrom(value, value, fn.file);
        }
      }
    }
  }

  function addField(field: Node, literal: Node, file: string): void {
    const slot: Slot = {
      kind: 'field',
      name: field.text,
      type: syntacticType(literal),
      directory: dirname(file),
    };
    copied.add(slotKey(slot));
    addSlot(slot);
  }

  /** The function returns the channel: every call of it is the channel too. */
  function visitCallers(node: Node, file: string): void {
    const fn = functionAround(node, file);
    if (fn === undefined || fn.kind === 'literal') {
      leave(node, file);
      return;
    }
    if (seenCalls.has(`${fn.file}#${fn.node.startIndex}`)) return;
    seenCalls.add(`${fn.file}#${fn.node.startIndex}`);
    const { sites, foreign } = referencesTo(fn, program);
    if (foreign !== undefined) leave(node, file);
    for (const site of sites) {
      if (site.call === undefined) leave(site.node, site.file);
      else visit(site.call, site.file);
    }
  }

  /** Where the channel of a parameter comes from: the arguments of every call. */
  function visitArguments(binding: Binding, file: string): void {
    const fn = functionAround(binding.scope, file);
    if (fn === undefined) return;
    const index = parameterNames(fn.node).findIndex((name) => name.id === binding.name.id);
    const { sites, foreign } = referencesTo(fn, program);
    if (foreign !== undefined) leave(binding.name, file);
    for (const site of sites) {
      const argument = site.call?.childForFieldName('arguments');
      const value = argument == null ? undefined : childrenOf(argument)[index];
      if (value === undefined) leave(site.node, site.file);
      else addFrom(value, value, site.file);
    }
  }

  for (const { file, node } of start) add(node, file);
  for (let slot = queue.shift(); slot !== undefined; slot = queue.shift()) {
    if (slots.size > maxSlots) {
      escapes.set('too many', { file: '', line: 0, text: `more than ${maxSlots} names` });
      break;
    }
    current = slot;
    if (slot.kind === 'local') {
      const { binding, file } = slot;
      if (binding.kind === 'parameter') visitArguments(binding, file);
      else visit(binding.name, file);
      for (const use of usesOf(binding)) visit(use, file);
    } else {
      for (const { node, file } of occurrences(slot, program)) visit(node, file);
      if (slot.kind === 'field' && isCopiedWhole(slot, program)) copied.add(slotKey(slot));
    }
  }
  return {
    operations: [...operations.values()],
    escapes: [...escapes.values()],
    slots: [...slots.values()],
    copied,
    reassigned,
  };
}

/** On the left of `x = ...`, not of a declaration. */
function isAssigned(node: Node): boolean {
  const statement = node.parent?.type === 'expression_list' ? node.parent.parent : node.parent;
  return statement?.type === 'assignment_statement';
}

const isMake = (node: Node) =>
  node.type === 'call_expression' && node.childForFieldName('function')?.text === 'make';

const shorten = (text: string) => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
};
