import { bindingOf, makesFreshObject, syntacticType } from './bindings.js';
import type { ChannelFlow } from './channel-flow.js';
import { isReassigned } from './fresh.js';
import type { GoFunction } from './functions.js';
import { childrenOf, lineOf, type Node } from './parser.js';
import { slotKey, slotOf } from './slots.js';

/**
 * Whether a channel expression will mean the channel that it means now, or one made later, for as long as an
 * activation of `fn` lives that stands at `line`. A variable that is set again, the variable of a loop, a field
 * that is exchanged, an element: each may come to mean a channel that exists already. Errs on the side of no.
 */
export function keepsItsChannel(
  expression: Node,
  fn: GoFunction,
  line: number,
  flow: Pick<ChannelFlow, 'copied' | 'reassigned'> & Partial<Pick<ChannelFlow, 'slots'>>,
): boolean {
  const slot = slotOf(expression, fn.file);
  if (slot === undefined || flow.reassigned.has(slotKey(slot))) return false;
  const at = withoutParentheses(expression);
  const isField = at.type === 'selector_expression';
  const root = isField ? at.childForFieldName('operand') : at;
  if (root?.type !== 'identifier') return false;
  const binding = bindingOf(root);
  // What else is done with a package variable of another type was not followed.
  if (binding === undefined) return !isField;
  if (isReassigned(binding) || isLoopVariable(binding.name)) return false;
  if (binding.kind !== 'local' || !isInside(binding.name, fn.node)) return true;
  if (lineOf(binding.name) > line || fn.node.descendantsOfType('goto_statement').length > 0) return false;
  if (!isInLoop(binding.name, fn.node)) return true;
  const isFresh = binding.value !== undefined && makesFreshObject(binding.value);
  if (!isField) return isFresh;
  // A field of what is embedded belongs to an object that may be older than the one around it.
  const types = (flow.slots ?? []).flatMap((known) =>
    known.kind === 'field' && known.name === at.childForFieldName('field')?.text ? [known.type] : [],
  );
  const type = syntacticType(root);
  const isOwn = types.every((known) => known === undefined || known === type);
  return isFresh && isOwn && !flow.copied.has(slotKey(slot));
}

function withoutParentheses(node: Node): Node {
  const inner = node.type === 'parenthesized_expression' ? childrenOf(node)[0] : undefined;
  return inner === undefined ? node : withoutParentheses(inner);
}

const isInside = (node: Node, outer: Node) =>
  node.startIndex >= outer.startIndex && node.endIndex <= outer.endIndex;

/** Declared by `for x := ...`: before Go 1.22 it is one variable for all rounds. */
export function isLoopVariable(name: Node): boolean {
  for (let at = name.parent; at !== null && at.type !== 'block'; at = at.parent) {
    if (at.type === 'range_clause' || at.type === 'for_clause') return true;
  }
  return false;
}

function isInLoop(name: Node, fn: Node): boolean {
  for (let at = name.parent; at !== null && at.id !== fn.id; at = at.parent) {
    if (at.type === 'for_statement') return true;
  }
  return false;
}
