import type { Dump } from '../dump/model.js';
import { openDump } from '../dump/open.js';
import { readDumps } from '../dump/read.js';
import type { CallOptions, DumpInput, TextInput } from './inputs.js';

/**
 * Reads every goroutine dump that is in a text, in order: of SIGQUIT, a panic, a test that timed out, `debug=1` or `debug=2`
 * of pprof, and what logs have put around it. Reads no file and no sources. Throws a `LabError` with code `usage`
 * where there is none.
 */
export async function parseDump(text: string, { signal }: CallOptions = {}): Promise<readonly Dump[]> {
  return await dumpsIn({ text }, signal ?? new AbortController().signal);
}

/** At least one. */
export async function dumpsIn(input: DumpInput | TextInput, signal: AbortSignal): Promise<readonly Dump[]> {
  const bytes = 'dump' in input ? openDump(input.dump, signal) : piecesOf(input.text);
  return await readDumps(bytes, { signal });
}

async function* piecesOf(text: string): AsyncIterable<Uint8Array> {
  yield Buffer.from(text);
}
