import type { GoFunction } from '../source/functions.js';
import { endLineOf, lineOf, type Node } from '../source/parser.js';
import { passedBefore } from '../source/passed-first.js';
import type { Program } from '../source/program.js';
import type { SyncOperation } from '../source/sync-operations.js';
import type { Activation, Activations } from './frame-functions.js';
import { waitsIn } from './sync-match.js';
import { callerOfSync } from './sync-waits.js';
import type { Releaser } from './wait-for-graph.js';

/**
 * Whether whoever comes anew to an operation on one object has to wait first where somebody waits already, for the
 * very same lock or wait group. Then he comes no further than that one, who is among `stacks` himself: goroutines
 * that stand before the operation, with those that were seen to mean this object marked as certain.
 */
export function waitsBehindOthers(
  operation: { readonly node: Node; readonly within: GoFunction | undefined },
  operand: Node,
  stacks: readonly Releaser[],
  { activations, program }: { readonly activations: Activations; readonly program: Program },
): boolean {
  const { within, node } = operation;
  if (within === undefined) return false;
  return passedBefore(node, operand, within, program).some(({ wait, of }) =>
    activations.of(within).some((activation) => {
      if (!waitsAt(activation, wait)) return false;
      const isOne = (releaser: Releaser) =>
        releaser.kind === 'cell' &&
        releaser.cell === activation.cell.key &&
        releaser.how.frame === activation.frame.index &&
        ((releaser.certain && releaser.how.kept !== true) || of === 'package');
      return stacks.some(isOne);
    }),
  );
}

function waitsAt({ cell, frame }: Activation, { kind, node }: SyncOperation): boolean {
  const { wait, signature } = cell;
  return (
    wait.kind === 'sync' &&
    waitsIn[wait.mode] === kind &&
    wait.mode !== 'notify' &&
    callerOfSync(signature.frames)?.index === frame.index &&
    lineOf(node) <= frame.line &&
    endLineOf(node) >= frame.line
  );
}
