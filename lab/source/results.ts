import { listOf } from './bindings.js';
import { isCall } from './calls.js';
import { functionAround, type GoFunction } from './functions.js';
import { childrenOf, type Node } from './parser.js';

/** One of the values that a call gives. */
export interface Result {
  readonly call: Node;
  readonly index: number;
}

/** What stands on both sides of an assignment or declaration; `undefined` for other statements. */
function sidesOf(statement: Node | null): { left: Node[]; right: Node[] } | undefined {
  switch (statement?.type) {
    case 'short_var_declaration':
    case 'assignment_statement':
      return {
        left: listOf(statement.childForFieldName('left')),
        right: listOf(statement.childForFieldName('right')),
      };
    case 'var_spec':
      return {
        left: statement.childrenForFieldName('name').filter(({ type }) => type === 'identifier'),
        right: listOf(statement.childForFieldName('value')),
      };
    default:
      return undefined;
  }
}

const statementOf = (node: Node) =>
  node.parent?.type === 'expression_list' ? node.parent.parent : node.parent;

/** Where the value of a place comes from that is set with others at once: `a` of `a, b := f()`. */
export function resultFor(target: Node): Result | undefined {
  const source = sourceFor(target);
  return source !== undefined && isCall(source.value)
    ? { call: source.value, index: source.index }
    : undefined;
}

/** The one expression on the right of `a, b = x`, and which of the places on the left `target` is. */
export function sourceFor(target: Node): { readonly value: Node; readonly index: number } | undefined {
  const sides = sidesOf(statementOf(target));
  const [value, ...more] = sides?.right ?? [];
  if (sides === undefined || value === undefined || more.length > 0 || sides.left.length < 2)
    return undefined;
  const index = sides.left.findIndex((node) => node.id === target.id);
  return index < 0 ? undefined : { value, index };
}

/** What becomes of a call's results: the place on the left for one of them, or that the caller passes them all on. */
export type Destination =
  | { readonly kind: 'place'; readonly node: Node }
  | { readonly kind: 'dropped' }
  | { readonly kind: 'returned' }
  | { readonly kind: 'unknown' };

export function destinationOf({ call, index }: Result): Destination {
  if (call.parent?.type === 'parenthesized_expression') return destinationOf({ call: call.parent, index });
  const statement = statementOf(call);
  if (statement?.type === 'expression_statement') return { kind: 'dropped' };
  if (statement?.type === 'return_statement' && listOf(statement.namedChildren[0] ?? null).length === 1)
    return { kind: 'returned' };
  const sides = sidesOf(statement);
  const node = sides?.right.length === 1 && sides.right[0]?.id === call.id ? sides.left[index] : undefined;
  if (node === undefined) return { kind: 'unknown' };
  return node.text === '_' ? { kind: 'dropped' } : { kind: 'place', node };
}

/** How many results a function declares. */
export function resultCount(fn: GoFunction): number {
  const result = fn.node.childForFieldName('result');
  if (result === null) return 0;
  if (result.type !== 'parameter_list') return 1;
  return childrenOf(result).reduce(
    (sum, declaration) => sum + Math.max(1, declaration.childrenForFieldName('name').length),
    0,
  );
}

/** Which result of its function a declared name is; -1 for other names. */
export function resultIndex(name: Node, fn: GoFunction): number {
  const result = fn.node.childForFieldName('result');
  if (result === null || name.startIndex < result.startIndex || name.endIndex > result.endIndex) return -1;
  return childrenOf(result)
    .flatMap((declaration) => declaration.childrenForFieldName('name'))
    .findIndex((other) => other.id === name.id);
}

/** The name of a result, when it has one. */
export function resultName(fn: GoFunction, index: number): Node | undefined {
  const result = fn.node.childForFieldName('result');
  if (result?.type !== 'parameter_list') return undefined;
  return childrenOf(result).flatMap((declaration) => declaration.childrenForFieldName('name'))[index];
}

/** A value that a function returns at one position: an expression, or a result of a call that it passes on. */
export type Returned =
  | { readonly kind: 'value'; readonly node: Node }
  | ({ readonly kind: 'result' } & Result)
  | { readonly kind: 'unknown'; readonly node: Node };

/** Everything that a function may return at a position. A named result is its name. */
export function returnedBy(fn: GoFunction, index: number): Returned[] {
  const count = resultCount(fn);
  const named = resultName(fn, index);
  return fn.node
    .descendantsOfType(['return_statement'])
    .filter((statement) => functionAround(statement, fn.file)?.node.id === fn.node.id)
    .map((statement): Returned => {
      const values = listOf(childrenOf(statement)[0] ?? null);
      if (values.length === 0 && named !== undefined) return { kind: 'value', node: named };
      const [first] = values;
      if (first !== undefined && values.length === 1 && count > 1) {
        return isCall(first) ? { kind: 'result', call: first, index } : { kind: 'unknown', node: statement };
      }
      const node = values[index];
      return node === undefined ? { kind: 'unknown', node: statement } : { kind: 'value', node };
    });
}

export const hasNamedResults = (fn: GoFunction) => resultName(fn, 0) !== undefined;
