import { LabError } from '../errors.js';
import { LineSplitter } from './lines.js';
import type { Dump } from './model.js';
import { TextReader } from './text.js';

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Told after each piece of input: bytes and goroutines so far. */
  readonly onProgress?: (bytes: number, goroutines: number) => void;
}

/**
 * All dumps of `input`, in order. Errors: `usage` when there is none in it, with what it seems to be; `interrupted`;
 * whatever the input throws.
 */
export async function readDumps(
  input: AsyncIterable<Uint8Array>,
  { signal, onProgress }: ReadOptions,
): Promise<readonly Dump[]> {
  const text = new TextReader();
  const lines = new LineSplitter(
    (line) => text.line(line, undefined),
    () => text.limit('a line of more than 256 MB was read in part'),
  );
  let bytes = 0;
  for await (const chunk of input) {
    signal.throwIfAborted();
    bytes += chunk.length;
    lines.push(chunk);
    onProgress?.(bytes, text.goroutines);
  }
  signal.throwIfAborted();
  const dumps = text.end(lines.rest());
  if (dumps.length === 0) {
    throw new LabError('there is no goroutine dump in this input', {
      code: 'usage',
      hint: 'take one: curl -s http://HOST:PORT/debug/pprof/goroutine?debug=2',
    });
  }
  return dumps;
}
