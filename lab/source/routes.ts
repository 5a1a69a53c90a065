import { type Binding, bindingOf, syntacticType } from './bindings.js';
import { argumentsOf } from './calls.js';
import type { ChannelOperation } from './channel-flow.js';
import { contextFunction, pairedCall } from './contexts.js';
import { holdsFreshObject, isReassigned } from './fresh.js';
import { callsOfValue } from './function-values.js';
import { functionKey, type GoFunction, parentFunction, receiverType } from './functions.js';
import type { Gate, Gates } from './gates.js';
import { declaresField } from './occurrences.js';
import { childrenOf, lineOf, type Node } from './parser.js';
import type { Program } from './program.js';
import { type Reference, referencesTo } from './references.js';
import { slotKey, slotOf } from './slots.js';

/** A way by which code that is not on any stack yet could come to run an operation. */
export type Route =
  /** An activation of `within` that has not passed `site` can still get there. */
  | {
      readonly kind: 'through';
      readonly within: GoFunction;
      readonly site: Node;
      /** The operation is in a function value, which is called there: `/a/b.go:12`. */
      readonly calledAt?: string;
      /** What stands on every way to the site: an activation that is not through it yet waits there. */
      readonly gate?: Gate | undefined;
    }
  /** Any running code may get there: through a function value, an interface or a package initializer. */
  | { readonly kind: 'open'; readonly why: string; readonly file: string; readonly line: number };

/** What the channel of an operation hangs on, seen from a function: it follows the calls upwards. */
type Root =
  | { readonly kind: 'receiver' }
  | { readonly kind: 'parameter'; readonly index: number }
  /** A variable of this or an enclosing function that is set once, to an object made on the spot. */
  | { readonly kind: 'fresh'; readonly binding: Binding }
  | { readonly kind: 'captured'; readonly binding: Binding }
  | { readonly kind: 'other' };

/**
 * All ways into an operation on an *existing* channel. A function that makes the object itself, before it calls
 * or starts the operation, makes a new channel each time: such a way leads to another channel and is left out,
 * except for activations that are already on a stack. Those are reported as `through`.
 */
export function routesTo(
  operation: Pick<ChannelOperation, 'within' | 'channel' | 'file' | 'line'>,
  copied: ReadonlySet<string>,
  program: Program,
  gates?: Gates,
): Route[] {
  const routes: Route[] = [];
  const seen = new Set<string>();

  function walk(fn: GoFunction, root: Root, gates?: Gates): void {
    const key = `${functionKey(fn)} ${rootKey(root)} ${gates?.key}`;
    if (seen.has(key)) return;
    seen.add(key);
    // A function that makes the object itself starts over with a new one whenever it is called.
    if (root.kind === 'fresh' && isInside(root.binding, fn)) return;
    const { sites, foreign } = referencesTo(fn, program);
    if (foreign !== undefined) {
      routes.push({
        kind: 'open',
        why: `${fn.name} may be called from ${foreign}`,
        file: fn.file,
        line: fn.line,
      });
    }
    for (const site of sites) visitSite(fn, site, root, gates);
  }

  function visitSite(fn: GoFunction, site: Reference, root: Root, gates?: Gates): void {
    const { within } = site;
    if (within !== undefined && !program.isLinked(within)) return;
    const line = site.node.startPosition.row + 1;
    const value =
      within === undefined || site.call !== undefined
        ? undefined
        : callsOfValue(site.node, site.file, program);
    if (within !== undefined && value?.kind === 'calls') {
      // Whoever has yet to make the value, and whoever calls it.
      routes.push({ kind: 'through', within, site: site.node });
      walk(
        within,
        fn.kind === 'literal' ? rootAtSite(root, site.node, fn, within, copied, program) : { kind: 'other' },
      );
      for (const { node, file, within: caller, from } of value.calls) {
        routes.push({ kind: 'through', within: caller, site: node, calledAt: `${file}:${lineOf(node)}` });
        walk(
          caller,
          from === undefined ? { kind: 'other' } : rootOf(from.channel, caller, from.copied, program),
        );
      }
      return;
    }
    if (within === undefined || site.call === undefined) {
      const name = fn.name === '' ? 'a function literal' : fn.name;
      const why =
        within === undefined ? `${name} is used by a package initializer` : `${name} is used as a value`;
      routes.push({ kind: 'open', why, file: site.file, line });
      return;
    }
    const outer = gates?.inCaller(fn, site.call, site.file);
    const gate = outer?.before(site.node, within);
    routes.push({ kind: 'through', within, site: site.node, gate });
    if (gate !== undefined) return;
    const next = rootAtSite(root, site.call, fn, within, copied, program);
    walk(within, next, outer);
  }

  const { within } = operation;
  if (within === undefined) {
    return [{ kind: 'open', why: 'a package initializer', file: operation.file, line: operation.line }];
  }
  if (!program.isLinked(within)) return routes;
  if (gates?.before(operation.channel, within) !== undefined) return routes;
  walk(within, rootOf(operation.channel, within, copied, program), gates);
  return routes;
}

/** Two variables of one function are two ways: one may be new each time, the other not. */
function rootKey(root: Root): string {
  switch (root.kind) {
    case 'parameter':
      return `parameter ${root.index}`;
    case 'fresh':
    case 'captured':
      return `${root.kind} ${root.binding.name.startIndex}`;
    default:
      return root.kind;
  }
}

/**
 * The variable that holds the channel, or the object whose field is the channel. A longer path (`s.queue.ch`), or
 * a field that may hold a channel from elsewhere, says nothing about where the channel was made.
 */
function rootOf(expression: Node, fn: GoFunction, copied: ReadonlySet<string>, program: Program): Root {
  const inner = expression.type === 'parenthesized_expression' ? childrenOf(expression)[0] : undefined;
  if (inner !== undefined) return rootOf(inner, fn, copied, program);
  // A parameter that points at the object: `work(&wg)`.
  const pointed = expression.type === 'unary_expression' ? expression.childForFieldName('operand') : null;
  if (pointed !== null && expression.childForFieldName('operator')?.text === '&') {
    return rootOf(pointed, fn, copied, program);
  }
  let at = expression;
  if (at.type === 'selector_expression') {
    const slot = slotOf(at, fn.file);
    const operand = at.childForFieldName('operand');
    if (slot?.kind !== 'field' || operand === null || copied.has(slotKey(slot))) return { kind: 'other' };
    const type = syntacticType(operand);
    // A field of an embedded struct belongs to an object that may be older than the one around it.
    if (type !== undefined && declaresField(type, slot, program) === false) return { kind: 'other' };
    at = operand;
  }
  const binding = at.type === 'identifier' ? bindingOf(at) : undefined;
  return binding === undefined ? { kind: 'other' } : classify(binding, fn, program);
}

function classify(binding: Binding, fn: GoFunction, program: Program): Root {
  if (holdsFreshObject(binding, fn.file, program)) return { kind: 'fresh', binding };
  if (isSyncVariable(binding) || isNewContext(binding)) return { kind: 'fresh', binding };
  if (!isInside(binding, fn)) return { kind: 'captured', binding };
  if (binding.kind === 'receiver') return { kind: 'receiver' };
  if (binding.kind === 'parameter') return { kind: 'parameter', index: parameterIndex(binding, fn) };
  return { kind: 'other' };
}

/** `var wg sync.WaitGroup` in a function is a new one each time; it is only ever used through its address. */
function isSyncVariable({ kind, type, value }: Binding): boolean {
  return kind === 'local' && value === undefined && type?.text.startsWith('sync.') === true;
}

/** `ctx, cancel := context.WithCancel(parent)` makes both anew each time. */
function isNewContext(binding: Binding): boolean {
  const call = binding.kind === 'local' ? pairedCall(binding.name)?.call : undefined;
  return call !== undefined && contextFunction(call) !== undefined && !isReassigned(binding);
}

/** What the root is in the caller. */
function rootAtSite(
  root: Root,
  call: Node,
  fn: GoFunction,
  within: GoFunction,
  copied: ReadonlySet<string>,
  program: Program,
): Root {
  switch (root.kind) {
    case 'fresh':
    case 'captured':
      // A literal's caller is where it is written; declared functions capture nothing.
      return fn.kind === 'literal'
        ? classify(root.binding, parentFunction(fn) ?? within, program)
        : { kind: 'other' };
    case 'receiver': {
      const operand = call.childForFieldName('function')?.childForFieldName('operand');
      if (operand?.type !== 'identifier') return { kind: 'other' };
      // A promoted method works on what is embedded, which may be older than the object around it.
      const type = syntacticType(operand);
      if (type !== undefined && type !== receiverType(fn.node)) return { kind: 'other' };
      return rootOf(operand, within, copied, program);
    }
    case 'parameter': {
      const value = argumentsOf(call)[root.index];
      return value === undefined ? { kind: 'other' } : rootOf(value, within, copied, program);
    }
    case 'other':
      return root;
  }
}

function isInside(binding: Binding, fn: GoFunction): boolean {
  return binding.name.startIndex >= fn.node.startIndex && binding.name.endIndex <= fn.node.endIndex;
}

function parameterIndex(binding: Binding, fn: GoFunction): number {
  const list = fn.node.childForFieldName('parameters')?.namedChildren ?? [];
  return list
    .flatMap((declaration) => declaration.childrenForFieldName('name'))
    .findIndex((name) => name.id === binding.name.id);
}
