import { dirname } from 'node:path/posix';
import { bindingOf } from './bindings.js';
import { typeOf } from './expression-types.js';
import { isReassigned } from './fresh.js';
import type { GoFunction } from './functions.js';
import { packageIn } from './packages.js';
import { childrenOf, type Node } from './parser.js';
import type { Program } from './program.js';
import { type SyncOperation, syncOperation } from './sync-operations.js';
import { fieldsOf, pointedTo } from './types.js';

/** A wait that every activation of the function goes through before it comes to an operation. */
export interface PassedFirst {
  readonly wait: SyncOperation;
  /** What is waited for is a package variable, or in the same object as what the operation works on. */
  readonly of: 'package' | 'object';
}

/**
 * The locks and wait groups that a declared function must pass before it reaches `node`, on whatever way, and that
 * are the same whenever `operand` is the same: `s.mu.Lock()` before `close(s.done)`.
 */
export function passedBefore(
  node: Node,
  operand: Node,
  within: GoFunction,
  program: Program,
): readonly PassedFirst[] {
  if (within.kind === 'literal' || within.node.descendantsOfType(['goto_statement']).length > 0) return [];
  const body = within.node.childForFieldName('body');
  const statements = childrenOf(body ?? within.node).flatMap((child) =>
    child.type === 'statement_list' ? childrenOf(child) : [child],
  );
  return statements
    .filter((statement) => statement.type === 'expression_statement' && statement.endIndex <= node.startIndex)
    .flatMap((statement): PassedFirst[] => {
      const call = childrenOf(statement)[0];
      const wait = call?.type === 'call_expression' ? syncOperation(call, within.file) : undefined;
      if (wait === undefined || wait.maybe || !['lock', 'rlock', 'wait'].includes(wait.kind)) return [];
      if (isPackageVariable(wait.operand, within.file, program)) return [{ wait, of: 'package' }];
      return isOfOneObject(wait.operand, operand, within, program) ? [{ wait, of: 'object' }] : [];
    });
}

const syncValue = /^sync\.(?:Mutex|RWMutex|WaitGroup)$/;

function isPackageVariable(operand: Node, file: string, program: Program): boolean {
  if (operand.type !== 'identifier' || bindingOf(operand) !== undefined) return false;
  const declared = packageIn(dirname(file), program).names.get(operand.text);
  return declared?.kind === 'variable' && syncValue.test(declared.node.childForFieldName('type')?.text ?? '');
}

/** `s.mu` and `s.done`, two fields of what the receiver or a parameter points at, which stays the same. */
function isOfOneObject(wait: Node, operand: Node, within: GoFunction, program: Program): boolean {
  const [a, b] = [rootOf(wait), rootOf(operand)];
  const [one, other] = [a && bindingOf(a), b && bindingOf(b)];
  if (a === undefined || one === undefined || one.name.id !== other?.name.id) return false;
  if (one.kind === 'local' || one.type?.type !== 'pointer_type' || isReassigned(one)) return false;
  const type = pointedTo(typeOf(a, within.file, program));
  const own = new Map(
    fieldsOf(type, program).flatMap(({ declaration }) =>
      declaration
        .childrenForFieldName('name')
        .map(({ text }) => [text, declaration.childForFieldName('type')?.text ?? ''] as const),
    ),
  );
  // What a pointer leads to may belong to several objects.
  const worked = own.get(nameOf(operand));
  const isIn = worked !== undefined && !worked.startsWith('*');
  return type?.kind === 'named' && syncValue.test(own.get(nameOf(wait)) ?? '') && isIn;
}

const nameOf = (selector: Node) => selector.childForFieldName('field')?.text ?? '';

function rootOf(selector: Node): Node | undefined {
  const root = selector.type === 'selector_expression' ? selector.childForFieldName('operand') : null;
  return root?.type === 'identifier' ? root : undefined;
}
