import { listOf } from './bindings.js';
import type { ChannelOperation } from './channel-flow.js';
import { functionAround, type GoFunction, parentFunction, receiverType } from './functions.js';
import { ancestor, lineOf, type Node } from './parser.js';

/** How a function may leave a receive behind, so that later senders find nobody. */
export interface Departure {
  /** `main.find`; `a function literal in main.find`. */
  readonly function: string;
  readonly file: string;
  /** Of the receive. */
  readonly line: number;
  readonly how: 'timeout' | 'context' | 'other case' | 'return' | 'once' | 'end';
  /** Where it turns away. */
  readonly at: number;
}

/** Reads a receive's surroundings; the most telling way out counts. */
export function departureOf({ node, within, file, line }: ChannelOperation): Departure | undefined {
  if (within === undefined) return undefined;
  const place = { function: functionName(within), file, line };
  const other = otherCase(node);
  if (other !== undefined) return { ...place, how: caseKind(other), at: lineOf(other) };
  const loop = loopAround(node, within);
  const leaves = exitsIn(loop ?? within.node, within, file).filter((exit) =>
    // `return <-c` is no way around it.
    loop === undefined ? exit.endIndex < node.startIndex : !contains(exit, node),
  );
  const exit = leaves.find(({ type }) => type === 'return_statement') ?? leaves[0];
  if (exit !== undefined) return { ...place, how: 'return', at: lineOf(exit) };
  return { ...place, how: loop === undefined ? 'once' : 'end', at: line };
}

const contains = (outer: Node, inner: Node) =>
  outer.startIndex <= inner.startIndex && outer.endIndex >= inner.endIndex;

/** Go's own name for the function, as stacks have it. */
export function functionName(fn: GoFunction): string {
  const outer = fn.kind === 'literal' ? parentFunction(fn) : undefined;
  if (fn.kind === 'literal') {
    return `a function literal in ${outer === undefined ? fn.file : declaredName(declared(outer))}`;
  }
  return declaredName(fn);
}

function declared(fn: GoFunction): GoFunction {
  const outer = fn.kind === 'literal' ? parentFunction(fn) : undefined;
  return outer === undefined ? fn : declared(outer);
}

function declaredName(fn: GoFunction): string {
  const clause = fn.node.tree.rootNode.namedChildren.find((child) => child.type === 'package_clause');
  const owner = clause?.namedChildren[0]?.text ?? '?';
  const type = receiverType(fn.node);
  if (type === undefined) return `${owner}.${fn.name}`;
  const isPointer = fn.node.childForFieldName('receiver')?.text.includes('*') === true;
  return isPointer ? `${owner}.(*${type}).${fn.name}` : `${owner}.${type}.${fn.name}`;
}

/** The other case of the select in which the receive is one; a clock before a context before anything else. */
function otherCase(node: Node): Node | undefined {
  const own = ancestor(node, new Set(['communication_case']));
  const communication = own?.childForFieldName('communication');
  if (own === undefined || communication == null || node.startIndex >= communication.endIndex)
    return undefined;
  const others = (own.parent?.namedChildren ?? []).filter(
    (child) => (child.type === 'communication_case' || child.type === 'default_case') && !child.equals(own),
  );
  const rank = { timeout: 0, context: 1, 'other case': 2 };
  return others.sort((a, b) => rank[caseKind(a)] - rank[caseKind(b)])[0];
}

function caseKind(node: Node): 'timeout' | 'context' | 'other case' {
  const text = node.childForFieldName('communication')?.text ?? '';
  if (/\btime\.(?:After|Tick)\(|\.C$/.test(text)) return 'timeout';
  return /\.Done\(\)$/.test(text) ? 'context' : 'other case';
}

function loopAround(node: Node, fn: GoFunction): Node | undefined {
  for (let at = node.parent; at !== null && !at.equals(fn.node); at = at.parent) {
    if (at.type === 'for_statement') return at;
  }
  return undefined;
}

/** Statements of this very function that leave it, or the loop. */
function exitsIn(scope: Node, fn: GoFunction, file: string): Node[] {
  return scope
    .descendantsOfType(['return_statement', 'break_statement', 'goto_statement'])
    .filter((exit) => functionAround(exit, file)?.node.equals(fn.node) === true)
    .filter((exit) => exit.type !== 'break_statement' || leavesLoop(exit, scope));
}

/** A plain `break` in a select or switch leaves only that. */
function leavesLoop(exit: Node, loop: Node): boolean {
  if (listOf(exit).some((child) => child.namedChildren.length > 0)) return true;
  const inner = new Set([
    'for_statement',
    'select_statement',
    'expression_switch_statement',
    'type_switch_statement',
  ]);
  return ancestor(exit, inner)?.equals(loop) === true;
}
