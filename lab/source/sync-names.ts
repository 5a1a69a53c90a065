import { bindingOf, syntacticType } from './bindings.js';
import type { Node } from './parser.js';
import { lastName } from './sync-operations.js';

const syncType = /^(?:Mutex|RWMutex|Locker|WaitGroup|Cond)$/;

interface Known {
  readonly name: string | undefined;
  /** The struct type that has the object as a field or embeds it, where the syntax tells. */
  readonly owner: string | undefined;
  readonly kind: 'field' | 'variable' | 'embedding' | 'pointer';
}

/**
 * Whether an operation's operand may mean the same object as these do, as far as names and written types tell. Errs
 * on the side of yes: what cannot be told apart here is evaluated in the frames.
 */
export function compatibleWith(
  operands: readonly Node[],
): (operation: { readonly operand: Node }) => boolean {
  const places = operands.map(describe);
  return ({ operand }) => {
    const other = describe(operand);
    return places.some((place) => mayBeOne(place, other) || mayBeOne(other, place));
  };
}

function mayBeOne(a: Known, b: Known): boolean {
  // A parameter that is a pointer to a lock, or a Locker, may be any.
  if (a.kind === 'pointer') return true;
  const owners = a.owner === undefined || b.owner === undefined || a.owner === b.owner;
  if (a.kind === b.kind) return a.kind === 'embedding' ? owners : a.name === b.name && owners;
  return a.kind === 'embedding' && b.kind === 'field' && a.owner === undefined;
}

function describe(operand: Node): Known {
  const name = lastName(operand);
  if (operand.type === 'selector_expression') {
    const owner = operand.childForFieldName('operand');
    return { name, owner: owner === null ? undefined : syntacticType(owner), kind: 'field' };
  }
  if (operand.type !== 'identifier') return { name, owner: undefined, kind: 'pointer' };
  const type = syntacticType(operand);
  if (type !== undefined && !syncType.test(type)) return { name, owner: type, kind: 'embedding' };
  const binding = bindingOf(operand);
  const passed = binding !== undefined && binding.kind !== 'local';
  const aliased = binding?.kind === 'local' && binding.type === undefined && type === undefined;
  return { name, owner: undefined, kind: passed || aliased ? 'pointer' : 'variable' };
}
