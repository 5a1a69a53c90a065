import { dirname } from 'node:path/posix';
import { type Binding, bindingOf, listOf, syntacticType } from './bindings.js';
import { isCall } from './calls.js';
import { isAppend, isContainerLiteral } from './containers.js';
import { childrenOf, type Node } from './parser.js';

/** A place in the program that can hold a channel. */
export type Slot =
  | {
      readonly kind: 'field';
      readonly name: string;
      readonly type: string | undefined;
      readonly directory: string;
    }
  | { readonly kind: 'local'; readonly binding: Binding; readonly file: string }
  | { readonly kind: 'global'; readonly name: string; readonly directory: string | undefined };

export function slotKey(slot: Slot): string {
  switch (slot.kind) {
    case 'field':
      return `field ${slot.directory} ${slot.name}`;
    case 'local':
      return `local ${slot.file} ${slot.binding.name.startIndex}`;
    case 'global':
      return `global ${slot.directory ?? ''} ${slot.name}`;
  }
}

export const isExported = (name: string) => /^\p{Lu}/u.test(name);

/** The place that an expression names; `undefined` for calls, elements of maps and slices, and the like. */
export function slotOf(expression: Node, file: string): Slot | undefined {
  switch (expression.type) {
    case 'identifier': {
      if (expression.text === '_') return undefined;
      const binding = bindingOf(expression);
      if (binding !== undefined) return { kind: 'local', binding, file };
      return { kind: 'global', name: expression.text, directory: dirname(file) };
    }
    case 'selector_expression': {
      const operand = expression.childForFieldName('operand');
      const name = expression.childForFieldName('field')?.text;
      if (operand === null || name === undefined) return undefined;
      if (operand.type === 'identifier' && isImport(operand)) {
        return { kind: 'global', name, directory: undefined };
      }
      return { kind: 'field', name, type: syntacticType(operand), directory: dirname(file) };
    }
    case 'parenthesized_expression': {
      const inner = childrenOf(expression)[0];
      return inner === undefined ? undefined : slotOf(inner, file);
    }
    default:
      return undefined;
  }
}

function isImport(identifier: Node): boolean {
  if (bindingOf(identifier) !== undefined) return false;
  const name = identifier.text;
  const root = identifier.tree.rootNode;
  return root.descendantsOfType(['import_spec']).some((spec) => {
    const alias = spec.childForFieldName('name')?.text;
    const path = spec.childForFieldName('path')?.text.slice(1, -1) ?? '';
    return alias === undefined ? path.split('/').includes(name) || path.endsWith(name) : alias === name;
  });
}

/** What is done with a channel at one place of the source. */
export type Use =
  | { readonly kind: 'send' | 'receive' | 'close'; readonly node: Node }
  | { readonly kind: 'harmless' }
  /** It becomes known under another name. */
  | { readonly kind: 'flows-to'; readonly target: Node }
  /** This place is written: the channel comes from `value`. */
  | { readonly kind: 'assigned'; readonly value: Node | undefined }
  | { readonly kind: 'argument'; readonly call: Node; readonly index: number }
  | { readonly kind: 'field-value'; readonly field: Node; readonly literal: Node }
  | { readonly kind: 'returned'; readonly single: boolean; readonly index: number }
  /** It is put into a map or slice: by `append`, or in a literal. */
  | { readonly kind: 'held'; readonly holder: Node }
  | { readonly kind: 'unknown' };

/** Classifies one occurrence of a channel-valued expression by its surroundings. */
export function useOf(node: Node): Use {
  const parent = node.parent;
  if (parent === null) return { kind: 'unknown' };
  const is = (field: string) => parent.childForFieldName(field)?.id === node.id;
  switch (parent.type) {
    case 'parenthesized_expression':
      return useOf(parent);
    case 'type_conversion_expression':
      // `f[T](c)` looks like a conversion to a generic type.
      return isCall(parent) ? { kind: 'argument', call: parent, index: 0 } : useOf(parent);
    case 'send_statement':
      return is('channel') ? { kind: 'send', node: parent } : { kind: 'unknown' };
    case 'unary_expression':
      return parent.childForFieldName('operator')?.text === '<-'
        ? { kind: 'receive', node: parent }
        : { kind: 'unknown' };
    case 'range_clause':
      return is('right') ? { kind: 'receive', node: parent } : { kind: 'unknown' };
    case 'binary_expression':
      return { kind: 'harmless' };
    case 'expression_statement':
      return { kind: 'harmless' };
    case 'argument_list':
      return argumentUse(node, parent);
    case 'expression_list':
      return listUse(node, parent);
    case 'short_var_declaration':
    case 'assignment_statement':
    case 'var_spec':
    case 'return_statement':
      return listUse(node, node);
    case 'literal_element':
      return elementUse(parent);
    default:
      return { kind: 'unknown' };
  }
}

function argumentUse(node: Node, list: Node): Use {
  const call = list.parent;
  if (call?.type !== 'call_expression') return { kind: 'unknown' };
  const callee = call.childForFieldName('function');
  if (callee?.type === 'identifier') {
    if (callee.text === 'close') return { kind: 'close', node: call };
    if (callee.text === 'len' || callee.text === 'cap') return { kind: 'harmless' };
  }
  if (isAppend(call)) return { kind: 'held', holder: call };
  return { kind: 'argument', call, index: childrenOf(list).findIndex((child) => child.id === node.id) };
}

/** `member` stands in `list`, which is one side of an assignment, a declaration or a return. */
function listUse(member: Node, list: Node): Use {
  const statement = list.parent;
  if (statement === null) return { kind: 'unknown' };
  const index = listOf(list).findIndex((child) => child.id === member.id);
  if (statement.type === 'return_statement')
    return { kind: 'returned', single: listOf(list).length === 1 && index === 0, index };
  const left =
    statement.type === 'var_spec'
      ? statement.childrenForFieldName('name')
      : listOf(statement.childForFieldName('left'));
  const right = listOf(statement.childForFieldName(statement.type === 'var_spec' ? 'value' : 'right'));
  const onLeft = left.findIndex((child) => child.id === member.id);
  // `for ch := range chans`: its values come out of what is ranged over.
  if (statement.type === 'range_clause') {
    return onLeft >= 0 ? { kind: 'assigned', value: undefined } : { kind: 'unknown' };
  }
  // `var c chan int` is nil.
  if (statement.type === 'var_spec' && right.length === 0) return { kind: 'harmless' };
  // `c, ok := m[k]`
  const checked = left.length === 2 && right.length === 1 && right[0]?.type === 'index_expression';
  if (checked && onLeft === 1) return { kind: 'harmless' };
  const paired = left.length === right.length || checked;
  if (onLeft >= 0) return { kind: 'assigned', value: paired ? right[onLeft] : undefined };
  const target = paired ? left[index] : undefined;
  if (target === undefined) return { kind: 'unknown' };
  return target.text === '_' ? { kind: 'harmless' } : { kind: 'flows-to', target };
}

function elementUse(element: Node): Use {
  const keyed = element.parent;
  const literal = keyed?.type === 'literal_value' ? keyed.parent : keyed?.parent?.parent;
  if (literal?.type === 'composite_literal' && isContainerLiteral(literal)) {
    return keyed?.type === 'keyed_element' && keyed.childForFieldName('key')?.id === element.id
      ? { kind: 'unknown' }
      : { kind: 'held', holder: literal };
  }
  if (keyed?.type !== 'keyed_element' || literal?.type !== 'composite_literal') return { kind: 'unknown' };
  const key = keyed.childForFieldName('key');
  const value = keyed.childForFieldName('value')?.namedChildren[0];
  if (key?.id === element.id) return { kind: 'assigned', value };
  const field = key?.namedChildren[0];
  return field?.type === 'identifier' ? { kind: 'field-value', field, literal } : { kind: 'unknown' };
}
