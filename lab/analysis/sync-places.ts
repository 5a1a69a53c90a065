import { childrenOf, endLineOf, lineOf } from '../source/parser.js';
import type { Program } from '../source/program.js';
import { operationsIn, type SyncOperation, syncOperation } from '../source/sync-operations.js';
import { functionOfFrame } from './frame-functions.js';
import type { Cell, Frame, Wait } from './snapshot.js';
import { calledBy, type SyncContext, waitsIn } from './sync-match.js';
import { callerOfSync, isOnce } from './sync-waits.js';

type NotFound = { readonly why: string; readonly blind: boolean };

/** The call in which a goroutine waits: evaluated, it is the object; or it is the only one that it can be. */
export async function waitingPlace(
  cell: Cell,
  address: number,
  { program, match }: SyncContext,
): Promise<readonly SyncOperation[] | NotFound> {
  const { frames } = cell.signature;
  const caller = callerOfSync(frames);
  const frame = frames.slice(0, caller === undefined ? 0 : frames.indexOf(caller)).find(isOnce) ?? caller;
  const goroutine = cell.ids[0];
  if (frame === undefined || goroutine === undefined || cell.wait.kind !== 'sync') {
    // `go wg.Wait()` leaves nothing but the library on the stack.
    return { why: 'no function of the program is on the waiting stack', blind: true };
  }
  if (program.isLibrary(frame.file) && !isOnce(frame))
    return { why: `${frame.function} of the library waits for it`, blind: false };
  const fn = functionOfFrame(frame, program);
  const started = fn === undefined ? startedCall(frame, cell.wait, program) : undefined;
  if (started !== undefined) return [started];
  if (fn === undefined) return { why: `the source ${frame.file}:${frame.line} was not read`, blind: true };
  // A consumer that was woken takes its lock again inside of `Cond.Wait`.
  const relocks = cell.wait.mode === 'lock' && frames.some((f) => f.function === 'sync.(*Cond).Wait');
  if (relocks) return [];
  const all = operationsIn(fn).filter((operation) => operation.kind === kindOf(cell.wait));
  const near = all.filter(({ line, node }) => line <= frame.line && node.endPosition.row + 1 >= frame.line);
  for (const candidates of [near, all]) {
    const unreadable: SyncOperation[] = [];
    for (const operation of candidates) {
      const seen = await match({ goroutine, frame, called: calledBy(cell, frame), operation, address });
      if (seen === 'same' || seen === 'kept') return [operation];
      if (seen === 'unreadable') unreadable.push(operation);
    }
    if (unreadable.length > 0) return unreadable;
  }
  return { why: `no call that waits for it was recognised at ${frame.file}:${frame.line}`, blind: true };
}

/** `go wg.Wait()` starts in a wrapper that the compiler makes and that no source shows. */
function startedCall(frame: Frame, wait: Wait, program: Program): SyncOperation | undefined {
  const calls = program
    .parse(frame.file)
    ?.root.descendantsOfType(['go_statement', 'defer_statement'])
    .filter((statement) => lineOf(statement) <= frame.line && endLineOf(statement) >= frame.line)
    .flatMap((statement) => syncOperation(childrenOf(statement)[0] ?? statement, frame.file) ?? [])
    .filter(({ kind }) => kind === kindOf(wait));
  return calls?.length === 1 ? calls[0] : undefined;
}

/** The `Do` call that a Once's waiter stands in: what a person calls it by. */
export function onceOf({ signature: { frames } }: Cell, program: Program): SyncOperation[] {
  const caller = callerOfSync(frames);
  if (caller === undefined || !frames.slice(0, frames.indexOf(caller)).some(isOnce)) return [];
  const calls = functionOfFrame(caller, program)?.node.descendantsOfType(['call_expression']) ?? [];
  return calls.flatMap((call) => {
    const callee = call.childForFieldName('function');
    const operand = callee?.childForFieldName('operand');
    const onLine = lineOf(call) <= caller.line && endLineOf(call) >= caller.line;
    if (operand == null || !onLine || callee?.childForFieldName('field')?.text !== 'Do') return [];
    const { file, line } = caller;
    return [
      {
        kind: 'lock',
        expression: operand.text,
        operand,
        file,
        line,
        within: undefined,
        deferred: false,
        maybe: false,
        node: call,
      },
    ];
  });
}

const kindOf = (wait: Wait) => (wait.kind === 'sync' ? waitsIn[wait.mode] : undefined);
