import type { Sources } from '../../source/sources.js';
import type { Signature, Snapshot } from '../model/snapshot.js';
import { stacksOf } from '../model/source-stacks.js';

/**
 * The snapshot with the start locations that a person means. `go m.method()` starts in a wrapper that the
 * compiler makes (`NewMetrics.gowrap1`, `NewMetrics.func1` before Go 1.22); newer Delve looks through it, older
 * does not, and neither does when the method is inlined into it.
 */
export function unwrapStarts(snapshot: Snapshot, sources: Sources): Snapshot {
  const stacks = new Map(stacksOf(snapshot).map(({ id }, i) => [id, i]));
  const unwrapped = new Map(
    snapshot.signatures.map((s) => [s.id, unwrap(s, stacks.get(s.id) ?? -1, sources)]),
  );
  return {
    ...snapshot,
    signatures: [...unwrapped.values()],
    buckets: snapshot.buckets.map((bucket) => ({
      ...bucket,
      signature: unwrapped.get(bucket.signature.id) ?? bucket.signature,
    })),
  };
}

function unwrap(signature: Signature, stack: number, sources: Sources): Signature {
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
      sources.frame(stack, last).byName);
  if (!wrapper || start.function === inner.function) return signature;
  // Where the function begins is not in its frame; its running line is the next best.
  const { start: declared } = sources.frame(stack, last - 1);
  const line = declared === 0 ? inner.line : declared;
  return { ...signature, startLocation: { function: inner.function, file: inner.file, line } };
}
