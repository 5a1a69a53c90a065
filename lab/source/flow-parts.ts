import { dirname } from 'node:path/posix';
import { syntacticType } from './bindings.js';
import type { GoFunction } from './functions.js';
import type { Node } from './parser.js';
import { type Slot, slotKey, slotOf } from './slots.js';

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

/** A field or variable; or what is in the map or slice that it holds. */
export type Place = Slot | { readonly kind: 'elements'; readonly of: Slot };

export const placeKey = (place: Place) =>
  place.kind === 'elements' ? `elements ${slotKey(place.of)}` : slotKey(place);

export function placeOf(node: Node, file: string): Place | undefined {
  if (node.type !== 'index_expression') return slotOf(node, file);
  const operand = node.childForFieldName('operand');
  const of = operand === null ? undefined : slotOf(operand, file);
  return of === undefined ? undefined : { kind: 'elements', of };
}

export function fieldOf(field: Node, literal: Node, file: string): Slot & { kind: 'field' } {
  return { kind: 'field', name: field.text, type: syntacticType(literal), directory: dirname(file) };
}

/** On the left of `x = ...`, not of a declaration. */
export function isAssigned(node: Node): boolean {
  const statement = node.parent?.type === 'expression_list' ? node.parent.parent : node.parent;
  return statement?.type === 'assignment_statement';
}

export const isMake = (node: Node) =>
  node.type === 'call_expression' && node.childForFieldName('function')?.text === 'make';

export const shorten = (text: string) => {
  const line = text.replace(/\s+/g, ' ');
  return line.length > 80 ? `${line.slice(0, 77)}...` : line;
};
