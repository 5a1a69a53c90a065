import { childrenOf, type Node } from './parser.js';

/*
 * What a call is in the syntax tree. `f[T](x)` may be a call or a conversion, and the grammar takes it for a
 * conversion when there is one argument; `f[T]()` it takes for a call of an element.
 */

/** The name that is called, without type arguments: an identifier, a selector, a literal, a (qualified) type's name. */
export function calleeOf(call: Node): Node | undefined {
  if (call.type === 'type_conversion_expression') {
    const type = call.childForFieldName('type');
    return (type?.type === 'generic_type' ? type.childForFieldName('type') : undefined) ?? undefined;
  }
  const callee = call.childForFieldName('function');
  if (callee?.type !== 'index_expression') return callee ?? undefined;
  return callee.childForFieldName('operand') ?? undefined;
}

/** Whether the expression is a call, as far as the syntax tells. */
export const isCall = (node: Node) =>
  node.type === 'call_expression' ||
  (node.type === 'type_conversion_expression' && node.childForFieldName('type')?.type === 'generic_type');

export function argumentsOf(call: Node): Node[] {
  const list = call.childForFieldName('arguments');
  if (list !== null) return childrenOf(list);
  const operand = call.childForFieldName('operand');
  return operand === null ? [] : [operand];
}

/** The call of which the node is the callee's name; `undefined` when the function is named for something else. */
export function callOf(name: Node): Node | undefined {
  const { parent } = name;
  switch (parent?.type) {
    case 'call_expression':
      return parent.childForFieldName('function')?.id === name.id ? parent : undefined;
    case 'parenthesized_expression':
    case 'selector_expression':
      return parent.type === 'selector_expression' && parent.childForFieldName('field')?.id !== name.id
        ? undefined
        : callOf(parent);
    case 'index_expression':
      return parent.childForFieldName('operand')?.id === name.id ? callOf(parent) : undefined;
    case 'qualified_type':
      return callOf(parent);
    case 'generic_type':
      return parent.parent?.type === 'type_conversion_expression' ? parent.parent : undefined;
    default:
      return undefined;
  }
}
