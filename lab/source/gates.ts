import type { ChannelFlow } from './channel-flow.js';
import {
  type ChannelPath,
  isSamePath,
  isSteady,
  pathInCallee,
  pathInCaller,
  pathKey,
  pathOf,
} from './channel-paths.js';
import { functionAround, type GoFunction } from './functions.js';
import { childrenOf, endLineOf, lineOf, type Node } from './parser.js';
import type { Program } from './program.js';
import { calleesOf, isOwn } from './references.js';

/**
 * What an activation has to get through before it comes to an operation: a send before the receive, as with a
 * semaphore. Whoever has yet to send to the full channel waits like all the others, and releases nobody.
 */
export interface Gate {
  /** The operations, or the calls that lead to them; one of them is on every path. */
  readonly nodes: readonly Node[];
}

/** Looks for gates along the ways to one operation; the channel is named anew in each caller. */
export interface Gates {
  readonly key: string;
  before(site: Node, fn: GoFunction): Gate | undefined;
  inCaller(fn: GoFunction, call: Node | undefined, file: string): Gates | undefined;
}

type Kind = 'send' | 'receive';

/** Functions that acquire by calling others. */
const maxDepth = 3;

export function gatesOf(
  operation: { readonly kind: string; readonly channel: Node; readonly file: string },
  flow: Partial<Pick<ChannelFlow, 'reassigned'>>,
  program: Program,
): Gates | undefined {
  const { kind, channel, file } = operation;
  const opposite: Kind | undefined = kind === 'receive' ? 'send' : kind === 'send' ? 'receive' : undefined;
  const path = pathOf(channel, file);
  const { reassigned } = flow;
  if (opposite === undefined || path === undefined || reassigned === undefined) return undefined;
  const along = (at: ChannelPath): Gates | undefined => {
    if (!isSteady(at, { reassigned }, program)) return undefined;
    return {
      key: pathKey(at),
      before: (site, fn) => gateBefore(site, fn, { path: at, kind: opposite, program }),
      inCaller(fn, call, caller) {
        const outer = pathInCaller(at, fn, call, caller);
        return outer === undefined ? undefined : along(outer);
      },
    };
  };
  return along(path);
}

/** Whether an activation that stands at `line` may be through. Errs on the side of yes. */
export function isThrough({ nodes }: Gate, line: number): boolean {
  const first = Math.min(...nodes.map(lineOf));
  if (line < first) return false;
  return !nodes.some((node) => lineOf(node) <= line && line <= endLineOf(node) && hasItsLines(node));
}

/** Nothing that runs after it is on the same line. */
function hasItsLines(node: Node): boolean {
  let statement = node;
  while (statement.parent !== null && statement.parent.type !== 'statement_list') {
    if (/^(?:if|for|.*switch|select)_statement$|_case$|_clause$/.test(statement.parent.type)) return false;
    statement = statement.parent;
  }
  const next = statement.nextNamedSibling;
  const around = statement.parent?.parent;
  return (
    (next === null || lineOf(next) > endLineOf(statement)) &&
    around != null &&
    lineOf(around) < lineOf(statement)
  );
}

interface Wanted {
  readonly path: ChannelPath;
  readonly kind: Kind;
  readonly program: Program;
}

function gateBefore(site: Node, fn: GoFunction, wanted: Wanted): Gate | undefined {
  if (fn.node.descendantsOfType(['goto_statement']).length > 0) return undefined;
  for (let at = site; at.id !== fn.node.id; ) {
    const { parent } = at;
    if (parent === null) return undefined;
    const found = earlierIn(parent, at).flatMap((node) => passing(node, fn.file, wanted, 0) ?? []);
    if (found.length > 0) return { nodes: found };
    at = parent;
  }
  return undefined;
}

/** What has run before, when `at` runs in its parent. */
function earlierIn(parent: Node, at: Node): Node[] {
  switch (parent.type) {
    case 'statement_list':
      return childrenOf(parent).filter((child) => child.endIndex <= at.startIndex);
    case 'communication_case':
    case 'if_statement':
    case 'expression_switch_statement':
    case 'type_switch_statement':
      return ['communication', 'initializer', 'condition', 'value']
        .flatMap((field) => parent.childForFieldName(field) ?? [])
        .filter((child) => child.endIndex <= at.startIndex);
    default:
      return [];
  }
}

/** The operations through which every run of the statement goes that comes to its end; `undefined` without. */
function passing(node: Node, file: string, wanted: Wanted, depth: number): Node[] | undefined {
  switch (node.type) {
    case 'block':
    case 'statement_list':
      for (const child of childrenOf(node)) {
        const found = passing(child, file, wanted, depth);
        if (found !== undefined) return found;
      }
      return undefined;
    case 'send_statement': {
      const channel = node.childForFieldName('channel');
      const isIt =
        wanted.kind === 'send' && channel !== null && isSamePath(wanted.path, pathOf(channel, file));
      return isIt ? [node] : operationIn(node, file, wanted, depth);
    }
    case 'if_statement': {
      const first = ['initializer', 'condition'].flatMap((field) => node.childForFieldName(field) ?? []);
      for (const part of first) {
        const found = passing(part, file, wanted, depth);
        if (found !== undefined) return found;
      }
      const branches = ['consequence', 'alternative'].flatMap((field) => node.childForFieldName(field) ?? []);
      return branches.length < 2 ? undefined : onEach(branches, file, wanted, depth);
    }
    case 'select_statement':
      if (node.descendantsOfType(['break_statement']).length > 0) return undefined;
      return onEach(
        childrenOf(node).filter(({ type }) => type.endsWith('_case')),
        file,
        wanted,
        depth,
      );
    case 'communication_case': {
      const communication = node.childForFieldName('communication');
      const found = communication === null ? undefined : passing(communication, file, wanted, depth);
      const body = childrenOf(node).find(({ type }) => type === 'statement_list');
      return found ?? (body === undefined ? undefined : passing(body, file, wanted, depth));
    }
    case 'go_statement':
    case 'defer_statement':
    case 'labeled_statement':
    case 'for_statement':
    case 'default_case':
    case 'expression_switch_statement':
    case 'type_switch_statement':
      return undefined;
    default:
      return operationIn(node, file, wanted, depth);
  }
}

/** All branches pass, but for those that leave the function or go on to the next round of a loop. */
function onEach(branches: readonly Node[], file: string, wanted: Wanted, depth: number) {
  const found: Node[] = [];
  for (const branch of branches) {
    const nodes = passing(branch, file, wanted, depth);
    if (nodes === undefined && !leaves(branch, depth)) return undefined;
    found.push(...(nodes ?? []));
  }
  return found.length === 0 ? undefined : found;
}

/** A called function that returns goes back to where the operation may follow. */
function leaves(branch: Node, depth: number): boolean {
  const body = branch.type === 'block' || branch.type.endsWith('_case') ? childrenOf(branch).at(-1) : branch;
  const last = body?.type === 'statement_list' ? childrenOf(body).at(-1) : body;
  if (last === undefined) return false;
  if (last.type === 'return_statement' || last.type === 'continue_statement') return depth === 0;
  return /^panic\(/.test(last.text);
}

/** Operations in what is evaluated in any case. */
function operationIn(node: Node, file: string, wanted: Wanted, depth: number): Node[] | undefined {
  if (node.type === 'func_literal') return undefined;
  const isLazy =
    node.type === 'binary_expression' && /^(?:&&|\|\|)$/.test(node.childForFieldName('operator')?.text ?? '');
  for (const child of isLazy ? childrenOf(node).slice(0, 1) : childrenOf(node)) {
    const found = operationIn(child, file, wanted, depth);
    if (found !== undefined) return found;
  }
  if (node.type === 'unary_expression' && wanted.kind === 'receive') {
    const channel = node.childForFieldName('operand');
    const receives = node.childForFieldName('operator')?.text === '<-';
    if (receives && channel !== null && isSamePath(wanted.path, pathOf(channel, file))) return [node];
  }
  return node.type === 'call_expression' && leadsThrough(node, file, wanted, depth) ? [node] : undefined;
}

function leadsThrough(call: Node, file: string, wanted: Wanted, depth: number): boolean {
  if (depth >= maxDepth) return false;
  const callees = calleesOf(call, file, wanted.program);
  if (callees.length === 0 || !isOwn(call, callees)) return false;
  return callees.every((fn) => {
    const path = pathInCallee(wanted.path, fn, call, file);
    const body = fn.node.childForFieldName('body');
    if (path === undefined || body === null || /\brecover\(|\bgoto\b/.test(body.text)) return false;
    const nodes = passing(body, fn.file, { ...wanted, path }, depth + 1);
    return nodes !== undefined && !returnsBefore(fn, nodes);
  });
}

function returnsBefore(fn: GoFunction, nodes: readonly Node[]): boolean {
  const last = Math.max(...nodes.map((node) => node.startIndex));
  return fn.node
    .descendantsOfType(['return_statement'])
    .filter((exit) => functionAround(exit, fn.file)?.node.id === fn.node.id)
    .some((exit) => exit.endIndex <= last);
}
