import type { GoFunction } from './functions.js';
import { childrenOf, endLineOf, lineOf, type Node } from './parser.js';
import { rememberPerFunction } from './remember.js';
import { type SyncOperation, syncOperation } from './sync-operations.js';

/** A lock that an activation has taken and not given back. */
export interface Held {
  readonly operation: SyncOperation;
  /** On every path that leads there; otherwise on some. */
  readonly always: boolean;
}

export interface LockFlow {
  /** What is held where the activation stands: before the statement of that line. */
  readonly held: readonly Held[];
  /** Lines at which the function returns with a lock that no deferred call gives back. */
  readonly leaks: readonly { readonly line: number; readonly held: Held }[];
}

/** Locks by mode and text, deferred unlocks marked by a `defer` in front. */
type State = ReadonlyMap<string, Held>;

/**
 * Runs through a function's statements in order, both ways at each branch, and tells which locks are held at `line`.
 * Nothing is known of what called functions lock or unlock.
 */
export const locksHeldAt: (fn: GoFunction, line: number) => LockFlow = rememberPerFunction(
  heldAt,
  (line) => line,
);

function heldAt(fn: GoFunction, line: number): LockFlow {
  let found: State | undefined;
  const leaks: LockFlow['leaks'][number][] = [];
  /** States that left the innermost loop or switch early. */
  const breaks: State[][] = [];
  const continues: State[][] = [];

  const record = (state: State) => {
    found = found === undefined ? state : merge(found, state);
  };

  /** Deferred calls run in reverse: one that was deferred before the unlock runs without the lock. */
  const firstDefer = fn.node.descendantsOfType(['defer_statement'])[0];
  const atExit = (state: State): State => {
    const out = new Map<string, Held>();
    for (const [key, held] of state) {
      const given = state.get(`defer ${key}`)?.operation.node;
      const last = given !== undefined && firstDefer !== undefined && firstDefer.endIndex < given.startIndex;
      out.set(key, last ? { ...held, always: false } : held);
    }
    return out;
  };

  function leave(node: Node, state: State): undefined {
    for (const [key, held] of state) {
      if (!key.startsWith('defer ') && !state.has(`defer ${key}`)) leaks.push({ line: lineOf(node), held });
    }
    return undefined;
  }

  /** A statement without statements in it, or the head of one. */
  function simple(node: Node, state: State, until = endLineOf(node)): State {
    if (lineOf(node) <= line && line <= until) record(state);
    let next = state;
    for (const operation of operationsOf(node, fn)) next = applied(next, operation);
    return next;
  }

  function sequence(nodes: readonly Node[], state: State | undefined): State | undefined {
    let next = state;
    for (const node of nodes) {
      if (next === undefined) return undefined;
      next = execute(node, next);
    }
    return next;
  }

  function execute(node: Node, state: State): State | undefined {
    switch (node.type) {
      case 'block':
      case 'statement_list':
        return sequence(childrenOf(node), state);
      case 'labeled_statement':
        return sequence(childrenOf(node).slice(1), state);
      case 'return_statement':
        return leave(node, simple(node, atExit(state)));
      case 'break_statement':
        breaks.at(-1)?.push(state);
        return undefined;
      case 'continue_statement':
        continues.at(-1)?.push(state);
        return undefined;
      case 'goto_statement':
        return undefined;
      case 'if_statement':
        return branch(node, state);
      case 'for_statement':
        return loop(node, state);
      case 'expression_switch_statement':
      case 'type_switch_statement':
      case 'select_statement':
        return choice(node, state);
      default: {
        const next = simple(node, state);
        return isPanic(node) ? undefined : next;
      }
    }
  }

  function branch(node: Node, state: State): State | undefined {
    const body = node.childForFieldName('consequence');
    const initializer = node.childForFieldName('initializer');
    const condition = node.childForFieldName('condition');
    let next = initializer === null ? state : simple(initializer, state);
    if (condition !== null) next = simple(condition, next);
    const other = node.childForFieldName('alternative');
    const taken = body === null ? next : execute(body, next);
    return merge(taken, other === null ? next : execute(other, next));
  }

  function loop(node: Node, state: State): State | undefined {
    const body = node.childForFieldName('body');
    const head = childrenOf(node).find((child) => child.id !== body?.id);
    const endless =
      head === undefined || (head.type === 'for_clause' && head.childForFieldName('condition') === null);
    let entry = head === undefined ? state : simple(head, state);
    let out: State | undefined = endless ? undefined : entry;
    // Twice, so that what one turn leaves locked is seen by the next.
    for (let turn = 0; turn < 2; turn++) {
      breaks.push([]);
      continues.push([]);
      const after = body === null ? entry : execute(body, entry);
      const again = [after, ...(continues.pop() ?? [])].reduce((a, b) => merge(a, b));
      out = [out, ...(breaks.pop() ?? []), endless ? undefined : again].reduce((a, b) => merge(a, b));
      if (again === undefined) break;
      entry = merge(entry, again) ?? entry;
      if (head !== undefined && lineOf(head) === line) record(entry);
    }
    return out;
  }

  function choice(node: Node, state: State): State | undefined {
    const cases = childrenOf(node).filter((child) => /_case$/.test(child.type));
    const heads = childrenOf(node).filter((child) => !/_case$/.test(child.type));
    let entry = state;
    for (const head of heads) entry = simple(head, entry);
    if (lineOf(node) === line) record(entry);
    breaks.push([]);
    const isSelect = node.type === 'select_statement';
    const hasDefault = isSelect || cases.some((child) => child.type === 'default_case');
    const ends: (State | undefined)[] = hasDefault ? [] : [entry];
    for (const one of cases) {
      const communication = one.childForFieldName('communication');
      const start = communication === null ? entry : simple(communication, entry);
      ends.push(
        sequence(
          childrenOf(one).filter((child) => child.type === 'statement_list'),
          start,
        ),
      );
    }
    ends.push(...(breaks.pop() ?? []));
    return ends.reduce((a, b) => merge(a, b), undefined);
  }

  const body = fn.node.childForFieldName('body');
  const end = body === null ? undefined : execute(body, new Map());
  if (body !== null && end !== undefined) {
    // Deferred calls run at the closing brace.
    if (line === endLineOf(body) && lineOf(body) !== endLineOf(body)) record(atExit(end));
    for (const [key, held] of end) {
      if (key.startsWith('defer ') || end.has(`defer ${key}`)) continue;
      leaks.push({ line: endLineOf(body), held });
    }
  }
  const held = [...(found ?? new Map<string, Held>())].filter(([key]) => !key.startsWith('defer '));
  return { held: held.map(([, one]) => one), leaks };
}

const acquire = { lock: 'unlock', rlock: 'runlock' } as const;

function applied(state: State, operation: SyncOperation): State {
  const next = new Map(state);
  const { kind, expression } = operation;
  if (kind === 'lock' || kind === 'rlock') {
    next.set(`${kind} ${expression}`, { operation, always: !operation.maybe });
  }
  for (const taken of ['lock', 'rlock'] as const) {
    if (kind !== acquire[taken]) continue;
    const key = `${taken} ${expression}`;
    if (operation.deferred) next.set(`defer ${key}`, { operation, always: true });
    else next.delete(key);
  }
  return next;
}

/** What holds on either path; `undefined` is a path that does not get there. */
function merge(a: State | undefined, b: State | undefined): State | undefined {
  if (a === undefined || b === undefined) return a ?? b;
  const out = new Map<string, Held>();
  for (const [key, held] of [...a, ...b]) {
    const always = held.always && a.get(key)?.always === true && b.get(key)?.always === true;
    // A deferred unlock on one path alone does not give the lock back on the other.
    if (key.startsWith('defer ') && !(a.has(key) && b.has(key))) continue;
    out.set(key, { ...held, always });
  }
  return out;
}

/** Operations of a statement in the order of the text; calls that are started or kept for later left out. */
function operationsOf(node: Node, fn: GoFunction): SyncOperation[] {
  return node
    .descendantsOfType(['call_expression'])
    .flatMap((call) => syncOperation(call, fn.file) ?? [])
    .filter((operation) => operation.within?.node.id === fn.node.id)
    .filter(({ node: call }) => call.parent?.type !== 'go_statement');
}

function isPanic(node: Node): boolean {
  const call = node.type === 'expression_statement' ? childrenOf(node)[0] : undefined;
  return call?.type === 'call_expression' && call.childForFieldName('function')?.text === 'panic';
}
