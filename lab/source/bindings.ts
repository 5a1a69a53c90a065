import { baseTypeName } from './functions.js';
import { childrenOf, type Node } from './parser.js';

/** Where an identifier was declared inside a function: the scope it lives in and the declaring name node. */
export interface Binding {
  readonly scope: Node;
  readonly name: Node;
  /** Parameters and receivers come from the caller. */
  readonly kind: 'parameter' | 'receiver' | 'local';
  /** Declared type, when it is written. */
  readonly type: Node | undefined;
  /** The expression it was declared with, when there is exactly one for it. */
  readonly value: Node | undefined;
}

/**
 * Finds the declaration of an identifier inside its function, by Go's block scoping; `undefined` when it is
 * package level, imported or predeclared. Declarations that follow the use do not count.
 */
export function bindingOf(identifier: Node): Binding | undefined {
  const name = identifier.text;
  let below = identifier;
  for (let scope = identifier.parent; scope !== null; below = scope, scope = scope.parent) {
    for (const binding of declaredIn(scope, below)) {
      if (binding.name.text === name && isVisible(binding, identifier)) return binding;
    }
  }
  return undefined;
}

/** All uses of a binding: identifiers of its scope that resolve to it, the declaring one left out. */
export function usesOf(binding: Binding): Node[] {
  return binding.scope
    .descendantsOfType(['identifier'])
    .filter((node) => node.text === binding.name.text && node.id !== binding.name.id)
    .filter((node) => !isKeyOrName(node))
    .filter((node) => bindingOf(node)?.name.id === binding.name.id);
}

/** The key of `T{key: value}` is an identifier in the grammar, though it names a field. */
function isKeyOrName(node: Node): boolean {
  const element = node.parent;
  const keyed = element?.parent;
  return (
    element?.type === 'literal_element' &&
    keyed?.type === 'keyed_element' &&
    keyed.childForFieldName('key')?.id === element.id
  );
}

function isVisible(binding: Binding, use: Node): boolean {
  if (binding.kind !== 'local') return true;
  if (binding.name.id === use.id) return true;
  // In `x := f(x)` the x on the right is the outer one.
  if (binding.value !== undefined && contains(binding.value, use)) return false;
  return binding.name.startIndex < use.startIndex;
}

const contains = (outer: Node, inner: Node) =>
  inner.startIndex >= outer.startIndex && inner.endIndex <= outer.endIndex;

/** Names that a node declares for what is inside it, or for what follows in it; last declaration first. */
function* declaredIn(scope: Node, below: Node): Generator<Binding> {
  switch (scope.type) {
    case 'function_declaration':
    case 'method_declaration':
    case 'func_literal':
      yield* parametersOf(scope);
      return;
    case 'statement_list': {
      const before = childrenOf(scope).filter((child) => child.startIndex <= below.startIndex);
      for (const statement of before.reverse()) yield* statementNames(statement, scope);
      return;
    }
    case 'for_statement': {
      for (const clause of childrenOf(scope)) {
        if (clause.type === 'range_clause') yield* rangeNames(clause, scope);
        const initializer = clause.type === 'for_clause' ? clause.childForFieldName('initializer') : null;
        if (initializer !== null) yield* statementNames(initializer, scope);
      }
      return;
    }
    case 'if_statement':
    case 'expression_switch_statement':
    case 'type_switch_statement': {
      const initializer = scope.childForFieldName('initializer');
      if (initializer !== null) yield* statementNames(initializer, scope);
      const alias = scope.type === 'type_switch_statement' ? scope.childForFieldName('alias') : null;
      for (const name of alias === null ? [] : childrenOf(alias)) yield local(scope, name);
      return;
    }
    case 'communication_case': {
      const communication = scope.childForFieldName('communication');
      const left = communication?.childForFieldName('left');
      if (communication == null || !declares(communication)) return;
      for (const name of left == null ? [] : childrenOf(left)) yield local(scope, name);
      return;
    }
    default:
  }
}

function* parametersOf(fn: Node): Generator<Binding> {
  for (const [field, kind] of [
    ['receiver', 'receiver'],
    ['parameters', 'parameter'],
    ['result', 'local'],
  ] as const) {
    for (const declaration of fn.childForFieldName(field)?.namedChildren ?? []) {
      const type = declaration.childForFieldName('type') ?? undefined;
      for (const name of declaration.childrenForFieldName('name')) {
        yield { scope: fn, name, kind, type, value: undefined };
      }
    }
  }
}

function* statementNames(statement: Node, scope: Node): Generator<Binding> {
  if (statement.type === 'short_var_declaration') {
    const names = listOf(statement.childForFieldName('left'));
    const values = listOf(statement.childForFieldName('right'));
    for (const [i, name] of names.entries()) {
      yield local(scope, name, undefined, valueFor(names, values, i));
    }
  }
  if (statement.type === 'var_declaration') {
    for (const spec of statement.descendantsOfType(['var_spec'])) {
      const names = spec.childrenForFieldName('name').filter((node) => node.type === 'identifier');
      const values = listOf(spec.childForFieldName('value'));
      const type = spec.childForFieldName('type') ?? undefined;
      for (const [i, name] of names.entries()) {
        yield local(scope, name, type, valueFor(names, values, i));
      }
    }
  }
  if (statement.type === 'labeled_statement') {
    for (const inner of childrenOf(statement)) yield* statementNames(inner, scope);
  }
}

/** `for v = range c` and `case v = <-c` set a variable that was there before. */
const declares = (clause: Node) => clause.children.some((child) => child?.type === ':=');

function* rangeNames(clause: Node, scope: Node): Generator<Binding> {
  if (!declares(clause)) return;
  for (const name of listOf(clause.childForFieldName('left'))) yield local(scope, name);
}

function local(scope: Node, name: Node, type?: Node, value?: Node): Binding {
  return { scope, name, kind: 'local', type, value };
}

const valueFor = (names: readonly Node[], values: readonly Node[], i: number) =>
  names.length === values.length ? values[i] : undefined;

/** The members of an expression list, which the grammar leaves out when there is one. */
export function listOf(node: Node | null): Node[] {
  if (node === null) return [];
  return node.type === 'expression_list' ? childrenOf(node) : [node];
}

/**
 * The name of the type of an expression where the syntax alone tells it: a receiver, a parameter, a variable
 * declared with a type or with `T{...}`, `&T{...}`, `new(T)`.
 */
export function syntacticType(expression: Node): string | undefined {
  switch (expression.type) {
    case 'identifier': {
      const binding = bindingOf(expression);
      if (binding === undefined) return undefined;
      if (binding.type !== undefined) return baseTypeName(binding.type);
      return binding.value === undefined ? undefined : syntacticType(binding.value);
    }
    case 'parenthesized_expression':
    case 'unary_expression': {
      const operator = expression.childForFieldName('operator')?.text;
      if (operator !== undefined && operator !== '&' && operator !== '*') return undefined;
      const inner = expression.childForFieldName('operand') ?? childrenOf(expression)[0];
      return inner === undefined ? undefined : syntacticType(inner);
    }
    case 'composite_literal': {
      const type = expression.childForFieldName('type');
      return type === null ? undefined : baseTypeName(type);
    }
    case 'call_expression': {
      if (expression.childForFieldName('function')?.text !== 'new') return undefined;
      const type = expression.childForFieldName('arguments')?.namedChildren[0];
      return type === undefined ? undefined : baseTypeName(type);
    }
    default:
      return undefined;
  }
}

/** Whether the expression makes a new object each time it runs. */
export function makesFreshObject(expression: Node): boolean {
  if (expression.type === 'composite_literal') return true;
  if (expression.type === 'unary_expression') {
    const operand = expression.childForFieldName('operand');
    return expression.childForFieldName('operator')?.text === '&' && operand?.type === 'composite_literal';
  }
  if (expression.type !== 'call_expression') return false;
  const called = expression.childForFieldName('function')?.text;
  return called === 'new' || called === 'make';
}
