import type { Program } from '../source/program.js';
import { startsByName } from './names.js';
import type { Signature, Snapshot } from './snapshot.js';

/**
 * The snapshot with the start locations that a person means. `go m.method()` starts in a wrapper that the
 * compiler makes (`NewMetrics.gowrap1`, `NewMetrics.func1` before Go 1.22); newer Delve looks through it, older
 * does not, and neither does when the method is inlined into it.
 */
export function unwrapStarts(snapshot: Snapshot, program: Program): Snapshot {
  const unwrapped = new Map(snapshot.signatures.map((s) => [s.id, unwrap(s, program)]));
  return {
    ...snapshot,
    signatures: [...unwrapped.values()],
    cells: snapshot.cells.map((cell) => ({
      ...cell,
      signature: unwrapped.get(cell.signature.id) ?? cell.signature,
    })),
  };
}

function unwrap(signature: Signature, program: Program): Signature {
  const { startLocation: start, goStatementLocation: go, frames } = signature;
  const last = frames.findLastIndex(({ function: name }) => name !== 'runtime.goexit');
  const outermost = frames[last];
  const inner = frames[last - 1];
  if (outermost === undefined || inner === undefined) return signature;
  const named = /\.gowrap\d+$/.test(outermost.function);
  const wrapper =
    named ||
    (/\.func\d+$/.test(outermost.function) &&
      outermost.file === go.file &&
      outermost.line === go.line &&
      startsByName(go.file, go.line, program));
  if (!wrapper || start.function === inner.function) return signature;
  // Where the function begins is not in its frame; its running line is the next best.
  const declared = program
    .parse(inner.file)
    ?.root.descendantsOfType(['function_declaration', 'method_declaration'])
    .find((fn) => fn.startPosition.row < inner.line && fn.endPosition.row + 1 >= inner.line);
  const line = declared === undefined ? inner.line : declared.startPosition.row + 1;
  return { ...signature, startLocation: { function: inner.function, file: inner.file, line } };
}
