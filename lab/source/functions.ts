import { ancestor, childrenOf, endLineOf, lineOf, type Node } from './parser.js';

/** A declared function or method, or a function literal: what can be a frame of its own. */
export interface GoFunction {
  readonly node: Node;
  readonly kind: 'function' | 'method' | 'literal';
  /** Bare name; empty for a literal. */
  readonly name: string;
  readonly file: string;
  readonly line: number;
  readonly endLine: number;
}

const functionTypes = new Set(['function_declaration', 'method_declaration', 'func_literal']);
const loopTypes = new Set(['for_statement']);

/** The innermost function around a node; `undefined` at package level. */
export function functionAround(node: Node, file: string): GoFunction | undefined {
  const found = functionTypes.has(node.type) ? node : ancestor(node, functionTypes);
  return found === undefined ? undefined : describe(found, file);
}

/** The function that encloses a function literal. */
export function parentFunction(fn: GoFunction): GoFunction | undefined {
  const found = ancestor(fn.node, functionTypes);
  return found === undefined ? undefined : describe(found, fn.file);
}

/** All functions of a file whose lines contain `line`, innermost first. */
export function functionsAtLine(root: Node, file: string, line: number): GoFunction[] {
  return root
    .descendantsOfType([...functionTypes])
    .filter((node) => lineOf(node) <= line && endLineOf(node) >= line)
    .map((node) => describe(node, file))
    .reverse();
}

function describe(node: Node, file: string): GoFunction {
  const kind =
    node.type === 'func_literal' ? 'literal' : node.type === 'method_declaration' ? 'method' : 'function';
  const name = node.childForFieldName('name')?.text ?? '';
  return { node, kind, name, file, line: lineOf(node), endLine: endLineOf(node) };
}

/** `file:line` names one function, so two descriptions of it are the same function. */
export const functionKey = (fn: GoFunction) => `${fn.file}#${fn.node.startIndex}`;

/** The receiver's type name of a method, without pointer and type arguments. */
export function receiverType(fn: Node): string | undefined {
  const type = fn.childForFieldName('receiver')?.namedChildren[0]?.childForFieldName('type');
  return type == null ? undefined : baseTypeName(type);
}

/** `Metrics` of `*Metrics`, `Metrics[T]` or `pkg.Metrics`; `undefined` for an unnamed type. */
export function baseTypeName(type: Node): string | undefined {
  switch (type.type) {
    case 'type_identifier':
      return type.text;
    case 'pointer_type':
    case 'parenthesized_type': {
      const inner = childrenOf(type)[0];
      return inner === undefined ? undefined : baseTypeName(inner);
    }
    case 'generic_type': {
      const inner = type.childForFieldName('type');
      return inner === null ? undefined : baseTypeName(inner);
    }
    case 'qualified_type':
      return type.childForFieldName('name')?.text;
    default:
      return undefined;
  }
}

/**
 * Whether code at `target` can still run in an activation of `fn` that stands at `line`. Errs on the side of
 * yes: deferred code, `goto` and loops around both places count as still to come.
 */
export function stillAhead(fn: GoFunction, target: Node, line: number): boolean {
  if (endLineOf(target) >= line) return true;
  if (ancestorWithin(target, new Set(['defer_statement']), fn.node) !== undefined) return true;
  if (fn.node.descendantsOfType('goto_statement').length > 0) return true;
  for (
    let loop = ancestorWithin(target, loopTypes, fn.node);
    loop !== undefined;
    loop = ancestorWithin(loop, loopTypes, fn.node)
  ) {
    if (lineOf(loop) <= line && endLineOf(loop) >= line && !runsOnce(loop, target)) return true;
  }
  return false;
}

/** The initializer of `for i := <-c; ...` runs before the loop, not in it. */
function runsOnce(loop: Node, target: Node): boolean {
  const clause = loop.namedChildren.find((child) => child.type === 'for_clause');
  const initializer = clause?.childForFieldName('initializer');
  return (
    initializer != null &&
    target.startIndex >= initializer.startIndex &&
    target.endIndex <= initializer.endIndex
  );
}

function ancestorWithin(node: Node, types: ReadonlySet<string>, limit: Node): Node | undefined {
  for (let at = node.parent; at !== null && at.id !== limit.id; at = at.parent)
    if (types.has(at.type)) return at;
  return undefined;
}
