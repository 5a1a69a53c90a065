import { dirname } from 'node:path/posix';
import { type Binding, usesOf } from './bindings.js';
import { followChannel } from './channel-flow.js';
import { typeOf } from './expression-types.js';
import { functionAround, type GoFunction } from './functions.js';
import { mayMeanField } from './method-calls.js';
import { declaresField, occurrences, parameterNames } from './occurrences.js';
import { packageIn } from './packages.js';
import type { Node } from './parser.js';
import type { Program } from './program.js';
import { calleesOf } from './references.js';
import { placesOfResult } from './returned-values.js';
import { isExported, type Slot, slotKey, slotOf, useOf } from './slots.js';
import { pointedTo, type Type } from './types.js';

/** A place where a function value is called. */
export interface ValueCall {
  readonly node: Node;
  readonly file: string;
  readonly within: GoFunction;
  /** The channel that `within` takes the value from, when it does so itself. */
  readonly from: Source | undefined;
}

interface Source {
  readonly channel: Node;
  /** Keys of the places that get this channel from elsewhere, as `ChannelFlow` has them. */
  readonly copied: ReadonlySet<string>;
}

export type ValueCalls =
  | { readonly kind: 'calls'; readonly calls: readonly ValueCall[] }
  /** It goes where it is not followed: into a library, a map, an interface. */
  | { readonly kind: 'lost' };

const maxSlots = 60;

class Lost extends Error {}

/**
 * Follows a function that is taken as a value to all the places where it may be called: through variables,
 * parameters, fields of the program's own structs, and channels. One place where it goes out of sight, and all is
 * lost: then any code may call it.
 */
export function callsOfValue(node: Node, file: string, program: Program): ValueCalls {
  return follow({ file, value: node }, program);
}

/** The same for the function that a variable or field holds. */
export function callsOfVariable(name: Node, file: string, program: Program): ValueCalls {
  return follow({ file, name }, program);
}

type Start = { readonly file: string } & ({ readonly value: Node } | { readonly name: Node });

function follow(start: Start, program: Program): ValueCalls {
  const calls = new Map<string, ValueCall>();
  const seen = new Set<string>();
  const queue: { slot: Slot; from: Source | undefined }[] = [];
  const addSlot = (slot: Slot | undefined, from?: Source) => {
    if (slot === undefined || slot.kind === 'global') throw new Lost();
    if (slot.kind === 'field') {
      // A library may call what is in the fields of its own structs.
      if (slot.type === undefined || declaresField(slot.type, slot, program) !== true) throw new Lost();
    }
    // Two types of a package may have a field of that name.
    const key = slot.kind === 'field' ? `${slotKey(slot)} ${slot.type}` : slotKey(slot);
    if (seen.has(key)) return;
    seen.add(key);
    if (seen.size > maxSlots) throw new Lost();
    queue.push({ slot, from });
  };

  function visit(use: Node, at: string, from?: Source): void {
    const { parent } = use;
    if (parent?.type === 'call_expression' && parent.childForFieldName('function')?.id === use.id) {
      const within = functionAround(parent, at);
      if (within === undefined) throw new Lost();
      calls.set(`${at}:${parent.startIndex}`, { node: parent, file: at, within, from });
      return;
    }
    if (parent?.type === 'parenthesized_expression') {
      visit(parent, at, from);
      return;
    }
    if (parent?.type === 'send_statement' && parent.childForFieldName('value')?.id === use.id) {
      addReceived(parent.childForFieldName('channel'), at);
      return;
    }
    const what = useOf(use);
    switch (what.kind) {
      case 'harmless':
        return;
      case 'flows-to':
        addSlot(ownField(what.target, at, program) ?? slotOf(what.target, at));
        return;
      // The variable is set to another function: calls of it are already counted.
      case 'assigned':
        return;
      case 'field-value': {
        const type = typeOf(what.literal, at, program);
        if (type?.kind !== 'named') throw new Lost();
        addSlot(fieldOf(what.field.text, type));
        return;
      }
      case 'argument':
        addParameters(what.call, what.index, at);
        return;
      case 'returned': {
        const places = placesOfResult(use, what.index, at, program);
        if (places === undefined) throw new Lost();
        for (const place of places) addSlot(slotOf(place.node, place.file));
        return;
      }
      default:
        throw new Lost();
    }
  }

  function addParameters(call: Node, index: number, at: string): void {
    const callee = call.childForFieldName('function');
    const name = callee?.type === 'selector_expression' ? callee.childForFieldName('field')?.text : undefined;
    // The method of that name may as well be one of a library.
    const isKnown = callee?.type === 'selector_expression' && isOwnMethod(callee, at, program);
    if (name !== undefined && !isKnown && isExported(name) && isLibraryMethod(name, program))
      throw new Lost();
    const callees = calleesOf(call, at, program);
    if (callees.length === 0) throw new Lost();
    for (const fn of callees) {
      const parameter = parameterNames(fn.node)[index];
      if (parameter === undefined || parameter.parent?.type === 'variadic_parameter_declaration')
        throw new Lost();
      if (parameter.text !== '_') addSlot(slotOf(parameter, fn.file));
    }
  }

  /** Everyone who receives from the channel may call the value. */
  function addReceived(channel: Node | null, at: string): void {
    if (channel === null) throw new Lost();
    const key = `channel ${at} ${channel.startIndex}`;
    if (seen.has(key)) return;
    seen.add(key);
    const flow = followChannel([{ file: at, node: channel }], program);
    if (flow.escapes.length > 0) throw new Lost();
    for (const operation of flow.operations) {
      if (operation.kind !== 'receive') continue;
      if (seen.has(`received ${operation.file} ${operation.node.startIndex}`)) continue;
      seen.add(`received ${operation.file} ${operation.node.startIndex}`);
      const { node: received, channel: expression, file: where } = operation;
      const from = { channel: expression, copied: flow.copied };
      if (received.type !== 'range_clause') visitReceived(received, from, where);
      else {
        const name = received.childForFieldName('left');
        const variable = name?.type === 'expression_list' ? name.namedChildren[0] : name;
        if (variable != null && variable.text !== '_') addSlot(slotOf(variable, where), from);
      }
    }
  }

  /** `v := <-c`, `v, ok = <-c`, `case v := <-c`, `(<-c)()`. */
  function visitReceived(received: Node, from: Source, at: string): void {
    const list = received.parent?.type === 'expression_list' ? received.parent : received;
    const statement = list.parent;
    const left = statement?.childForFieldName('left');
    if (left == null || statement?.childForFieldName('right')?.id !== list.id) {
      if (statement?.type !== 'expression_statement') visit(received, at, from);
      return;
    }
    const target = left.type === 'expression_list' ? left.namedChildren[0] : left;
    if (target != null && target.text !== '_') addSlot(slotOf(target, at), from);
  }

  try {
    if ('value' in start) visit(start.value, start.file);
    else addSlot(slotOf(start.name, start.file));
    for (let next = queue.shift(); next !== undefined; next = queue.shift()) {
      const { slot, from } = next;
      if (slot.kind === 'local') {
        for (const use of usesOf(slot.binding)) visit(use, slot.file, sameFunction(use, slot, from));
      } else {
        for (const use of occurrences(slot, program)) {
          if (isField(use.node, use.file, slot, program)) visit(use.node, use.file);
        }
      }
    }
  } catch (error) {
    if (error instanceof Lost) return { kind: 'lost' };
    throw error;
  }
  return { kind: 'calls', calls: [...calls.values()] };
}

/** A literal inside the function that received the value is called from elsewhere. */
function sameFunction(use: Node, slot: { binding: Binding; file: string }, from: Source | undefined) {
  if (from === undefined) return undefined;
  const own = functionAround(slot.binding.name, slot.file);
  return own !== undefined && functionAround(use, slot.file)?.node.id === own.node.id ? from : undefined;
}

const fieldOf = (name: string, { name: type, file }: Type & { kind: 'named' }) =>
  ({ kind: 'field', name, type, directory: dirname(file) }) as const;

/** The field that a selector names, where the operand's type tells whose it is. */
function ownField(target: Node, file: string, program: Program): Slot | undefined {
  const operand = target.type === 'selector_expression' ? target.childForFieldName('operand') : null;
  const name = target.childForFieldName('field')?.text;
  const type = operand === null ? undefined : pointedTo(typeOf(operand, file, program));
  if (name === undefined || type?.kind !== 'named') return undefined;
  const field = fieldOf(name, type);
  return declaresField(type.name, field, program) === true ? field : undefined;
}

function isField(use: Node, file: string, slot: Slot, program: Program): boolean {
  if (slot.kind !== 'field' || use.type !== 'selector_expression' || slot.type === undefined) return true;
  return mayMeanField(use, file, { ...slot, type: slot.type }, program);
}

/** Whether the method called is one of a type of the program, by the type of its operand. */
function isOwnMethod(callee: Node, file: string, program: Program): boolean {
  const operand = callee.childForFieldName('operand');
  const type = operand === null ? undefined : pointedTo(typeOf(operand, file, program));
  if (type?.kind !== 'named') return false;
  const { methods } = packageIn(dirname(type.file), program);
  return methods.has(`${type.name}.${callee.childForFieldName('field')?.text}`);
}

/** Reading a whole library for a name takes a while. */
const libraryMethods = new WeakMap<Program, Map<string, boolean>>();

function isLibraryMethod(name: string, program: Program): boolean {
  const known = libraryMethods.get(program) ?? new Map<string, boolean>();
  libraryMethods.set(program, known);
  const before = known.get(name);
  if (before !== undefined) return before;
  const inInterface = new RegExp(`^\\t${name}\\(`, 'm');
  const found = program.libraryFiles.some((file) => {
    const text = program.text(file);
    return text === undefined || text.includes(`) ${name}(`) || inInterface.test(text);
  });
  known.set(name, found);
  return found;
}
