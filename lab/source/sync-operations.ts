import { functionAround, type GoFunction, parentFunction } from './functions.js';
import { childrenOf, lineOf, type Node } from './parser.js';
import type { Program } from './program.js';
import { calleesOf } from './references.js';
import { rememberPerFunction } from './remember.js';

export type SyncOperationKind = 'lock' | 'rlock' | 'unlock' | 'runlock' | 'done' | 'wait' | 'signal';

/** A call of a method of package sync, told by its name: `s.mu.Lock()`, `defer wg.Done()`. */
export interface SyncOperation {
  readonly kind: SyncOperationKind;
  /** The object as written: `s.mu`. */
  readonly expression: string;
  readonly operand: Node;
  readonly file: string;
  readonly line: number;
  /** The function in which it takes effect: a deferred literal's operations belong to the function around it. */
  readonly within: GoFunction | undefined;
  /** It runs when `within` returns. */
  readonly deferred: boolean;
  /** It may do nothing: `TryLock`. */
  readonly maybe: boolean;
  readonly node: Node;
}

const methods: Readonly<Record<string, SyncOperationKind>> = {
  Lock: 'lock',
  TryLock: 'lock',
  RLock: 'rlock',
  TryRLock: 'rlock',
  Unlock: 'unlock',
  RUnlock: 'runlock',
  Done: 'done',
  Go: 'done',
  Wait: 'wait',
  Signal: 'signal',
  Broadcast: 'signal',
};

/** The operation that a call is; `undefined` for any other call. `Add` counts as `Done` when it takes away. */
export function syncOperation(call: Node, file: string): SyncOperation | undefined {
  const callee = call.childForFieldName('function');
  if (callee?.type !== 'selector_expression') return undefined;
  const operand = callee.childForFieldName('operand');
  const method = callee.childForFieldName('field')?.text ?? '';
  const kind = method === 'Add' && takesAway(call) ? 'done' : methods[method];
  if (kind === undefined || operand === null) return undefined;
  const around = functionAround(call, file);
  const isDeferred = call.parent?.type === 'defer_statement';
  const outer = around === undefined ? undefined : deferredIn(around);
  return {
    kind,
    expression: operand.text,
    operand,
    file,
    line: lineOf(call),
    within: outer ?? around,
    deferred: isDeferred || outer !== undefined,
    maybe: method.startsWith('Try'),
    node: call,
  };
}

function takesAway(call: Node): boolean {
  const [argument] = childrenOf(call.childForFieldName('arguments') ?? call);
  return argument?.text.startsWith('-') === true;
}

/** The function that runs a literal when it returns: `defer func() { ... }()`. */
function deferredIn(fn: GoFunction): GoFunction | undefined {
  const call = fn.kind === 'literal' ? fn.node.parent : null;
  if (call?.type !== 'call_expression' || call.parent?.type !== 'defer_statement') return undefined;
  return parentFunction(fn);
}

/** All operations of one function, those of literals left out unless it defers them. */
export const operationsIn: (fn: GoFunction) => readonly SyncOperation[] = rememberPerFunction(findIn);

function findIn(fn: GoFunction): SyncOperation[] {
  return fn.node
    .descendantsOfType(['call_expression'])
    .flatMap((call) => syncOperation(call, fn.file) ?? [])
    .filter((operation) => operation.within?.node.id === fn.node.id);
}

const words = ['Lock()', 'Unlock()', '.Done()', '.Add(-', '.Go(', '.Signal()', '.Broadcast()'];

/** All operations of the program's own sources. */
export function syncOperationsOf(program: Program): SyncOperation[] {
  const files = new Map(words.flatMap((word) => program.filesWith(word)).map((file) => [file.path, file]));
  return [...files.values()].flatMap(({ root, path }) =>
    root.descendantsOfType(['call_expression']).flatMap((call) => syncOperation(call, path) ?? []),
  );
}

/** `X.Unlock` without a call, or `&X`: the object goes where it is not followed. */
export function handedOut(program: Program, names: ReadonlySet<string>): { file: string; node: Node }[] {
  const files = new Map(
    [...names].flatMap((name) => program.filesWith(name)).map((file) => [file.path, file]),
  );
  return [...files.values()].flatMap(({ root, path }) => [
    ...root
      .descendantsOfType(['selector_expression'])
      .filter((node) =>
        /^R?Unlock$|^Done$|^Signal$|^Broadcast$/.test(node.childForFieldName('field')?.text ?? ''),
      )
      .filter((node) => !isCallee(node) && names.has(lastName(node.childForFieldName('operand')) ?? ''))
      .map((node) => ({ file: path, node })),
    ...root
      .descendantsOfType(['unary_expression'])
      .filter((node) => node.childForFieldName('operator')?.text === '&')
      .filter((node) => names.has(lastName(node.childForFieldName('operand')) ?? ''))
      .filter((node) => !isLockOfCond(node) && !isFollowed(node, path, program))
      .map((node) => ({ file: path, node })),
  ]);
}

const isCallee = (node: Node) =>
  node.parent?.type === 'call_expression' && node.parent.childForFieldName('function')?.id === node.id;

/** A condition variable gives its lock back as it got it. */
function isLockOfCond(node: Node): boolean {
  const call = node.parent?.parent;
  return call?.type === 'call_expression' && call.childForFieldName('function')?.text === 'sync.NewCond';
}

/** It becomes the parameter of a function of the program, whose operations are looked at anyway. */
function isFollowed(node: Node, file: string, program: Program): boolean {
  const call = node.parent?.type === 'argument_list' ? node.parent.parent : null;
  return call?.type === 'call_expression' && calleesOf(call, file, program).length > 0;
}

/** `mu` of `s.mu`, `(*p).mu` or `mu`; `undefined` for calls and elements. */
export function lastName(expression: Node | null): string | undefined {
  switch (expression?.type) {
    case 'identifier':
      return expression.text;
    case 'selector_expression':
      return expression.childForFieldName('field')?.text;
    case 'parenthesized_expression':
      return lastName(childrenOf(expression)[0] ?? null);
    case 'unary_expression':
      return lastName(expression.childForFieldName('operand'));
    default:
      return undefined;
  }
}
