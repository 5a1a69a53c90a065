import { bindingOf, listOf } from './bindings.js';
import { argumentsOf } from './calls.js';
import { childrenOf, type Node } from './parser.js';
import { useOf } from './slots.js';

/*
 * Maps and slices whose elements are channels. What is in one counts as one place, like a field: what is taken out
 * may be anything that was ever put in. Only elements are followed, not keys.
 */

/** What the follower of a channel does with what is found here. */
export interface ContainerHooks {
  /** An expression that means an element. */
  readonly element: (node: Node, file: string) => void;
  /** A variable that is set to each element in turn. */
  readonly variable: (name: Node, file: string) => void;
  /** A channel that is put in. */
  readonly channel: (value: Node, file: string) => void;
  /** A field or variable that is the same container, or has been. */
  readonly container: (node: Node, file: string) => void;
  /** A field of a struct literal that is set to the container. */
  readonly field: (field: Node, literal: Node, file: string) => void;
  readonly parameter: (call: Node, index: number, node: Node, file: string) => void;
  readonly leave: (node: Node, file: string) => void;
}

const builtin = (call: Node | null): string | undefined => {
  const callee = call?.type === 'call_expression' ? call.childForFieldName('function') : null;
  return callee?.type === 'identifier' && bindingOf(callee) === undefined ? callee.text : undefined;
};

/** Whether the call is `append(...)`. */
export const isAppend = (call: Node) => builtin(call) === 'append';

/** `map[K]V{...}`, `[]T{...}`, `[...]T{...}`. */
export function isContainerLiteral(literal: Node): boolean {
  const type = literal.childForFieldName('type')?.type ?? '';
  return /^(?:map|slice|array|implicit_length_array)_type$/.test(type);
}

/** What is done with a container at one of the places that name it. */
export function visitContainer(node: Node, file: string, hooks: ContainerHooks): void {
  const { parent } = node;
  if (parent === null) return;
  const is = (field: string) => parent.childForFieldName(field)?.id === node.id;
  switch (parent.type) {
    case 'parenthesized_expression':
      visitContainer(parent, file, hooks);
      return;
    case 'index_expression':
      if (is('operand')) hooks.element(parent, file);
      else hooks.leave(node, file);
      return;
    case 'slice_expression':
      if (is('operand')) visitContainer(parent, file, hooks);
      else hooks.leave(node, file);
      return;
    case 'range_clause': {
      const [, value] = listOf(parent.childForFieldName('left'));
      if (!is('right')) hooks.leave(node, file);
      else if (value !== undefined && value.text !== '_') hooks.variable(value, file);
      return;
    }
    case 'variadic_argument':
      if (builtin(parent.parent?.parent ?? null) === 'append') visitArgument(parent, file, hooks);
      else hooks.leave(node, file);
      return;
    case 'argument_list':
      visitArgument(node, file, hooks);
      return;
  }
  const use = useOf(node);
  switch (use.kind) {
    case 'harmless':
      return;
    case 'flows-to':
      hooks.container(use.target, file);
      return;
    case 'assigned':
      if (use.value === undefined) hooks.leave(node, file);
      else containerFrom(use.value, file, hooks);
      return;
    case 'field-value':
      hooks.field(use.field, use.literal, file);
      return;
    default:
      hooks.leave(node, file);
  }
}

function visitArgument(node: Node, file: string, hooks: ContainerHooks): void {
  const call = node.parent?.parent ?? null;
  if (call === null) return;
  const index = argumentsOf(call).findIndex((argument) => argument.id === node.id);
  switch (builtin(call)) {
    case 'len':
    case 'cap':
    case 'clear':
    case 'delete':
      return;
    case 'append':
      containerFrom(call, file, hooks);
      visitContainer(call, file, hooks);
      return;
    default:
      hooks.parameter(call, index, node, file);
  }
}

/** Where a container comes from, and what is in it then. */
export function containerFrom(value: Node, file: string, hooks: ContainerHooks): void {
  switch (value.type) {
    case 'nil':
      return;
    case 'identifier':
    case 'selector_expression':
      hooks.container(value, file);
      return;
    case 'parenthesized_expression':
    case 'slice_expression': {
      const inner = value.childForFieldName('operand') ?? childrenOf(value)[0];
      if (inner !== undefined) containerFrom(inner, file, hooks);
      return;
    }
    case 'composite_literal':
      if (isContainerLiteral(value)) literalElements(value, file, hooks);
      else hooks.leave(value, file);
      return;
    case 'call_expression': {
      if (builtin(value) === 'make') return;
      const [first, ...others] = argumentsOf(value);
      if (builtin(value) !== 'append' || first === undefined) {
        hooks.leave(value, file);
        return;
      }
      containerFrom(first, file, hooks);
      for (const added of others) {
        const spread = added.type === 'variadic_argument' ? childrenOf(added)[0] : undefined;
        if (spread === undefined) hooks.channel(added, file);
        else containerFrom(spread, file, hooks);
      }
      return;
    }
    default:
      hooks.leave(value, file);
  }
}

function literalElements(literal: Node, file: string, hooks: ContainerHooks): void {
  const body = literal.childForFieldName('body');
  for (const element of body === null ? [] : childrenOf(body)) {
    const held = element.type === 'keyed_element' ? element.childForFieldName('value') : element;
    const value = held === null ? undefined : childrenOf(held)[0];
    if (value === undefined) hooks.leave(element, file);
    else hooks.channel(value, file);
  }
}

/** A channel that is put into a container by `append` or stands in a literal: what becomes of the container. */
export function visitHolder(holder: Node, file: string, hooks: ContainerHooks): void {
  if (holder.type === 'call_expression') {
    const [first] = argumentsOf(holder);
    if (first !== undefined) containerFrom(first, file, hooks);
  }
  visitContainer(holder, file, hooks);
}
