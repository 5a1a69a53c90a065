import { interrupted, LabError } from '../errors.js';
import { LineSplitter } from './lines.js';
import type { Dump } from './model.js';
import { isProfile, profileHead, readProfile } from './profile.js';
import { headSize, noDump } from './seems.js';
import { TextReader } from './text.js';
import { Unwrapper } from './unwrap.js';

export interface ReadOptions {
  readonly signal: AbortSignal;
  /** Told after each piece of input: bytes and goroutines so far. */
  readonly onProgress?: (bytes: number, goroutines: number) => void;
}

/** Of one profile, which is read as a whole. */
const maxProfile = 512e6;

/**
 * All dumps of `input`, in order: text of any form, or one profile of pprof's protobuf (unpacked). Errors: `usage` when
 * there is none in it, with what it seems to be; `interrupted`; whatever the input throws.
 */
export async function readDumps(
  input: AsyncIterable<Uint8Array>,
  { signal, onProgress }: ReadOptions,
): Promise<readonly Dump[]> {
  const text = new TextReader();
  const unwrapper = new Unwrapper(text);
  const lines = new LineSplitter(
    (line) => unwrapper.line(line),
    () => text.limit('a line of more than 128 MB was read in part'),
  );
  let head = Buffer.alloc(0);
  const profile: Uint8Array[] = [];
  let bytes = 0;
  for await (const chunk of fromHead(input)) {
    if (signal.aborted) throw interrupted(signal.reason);
    bytes += chunk.length;
    if (head.length < headSize) head = Buffer.concat([head, chunk.subarray(0, headSize - head.length)]);
    if (isProfile(head)) profile.push(chunk);
    else lines.push(chunk);
    if (profile.length > 0 && bytes > maxProfile) throw tooLarge();
    onProgress?.(bytes, text.goroutines);
  }
  if (signal.aborted) throw interrupted(signal.reason);
  if (profile.length > 0) return [readProfile(Buffer.concat(profile))];
  const dumps = text.end(unwrapper.rest(lines.rest()));
  if (dumps.length === 0) throw noDump(head);
  return dumps;
}

/** The same pieces, of which the first tells whether it begins a profile. */
async function* fromHead(input: AsyncIterable<Uint8Array>): AsyncIterable<Uint8Array> {
  let first: Buffer | undefined = Buffer.alloc(0);
  for await (const chunk of input) {
    if (first === undefined) yield chunk;
    else {
      first = Buffer.concat([first, chunk]);
      if (first.length < profileHead) continue;
      yield first;
      first = undefined;
    }
  }
  if (first !== undefined && first.length > 0) yield first;
}

function tooLarge(): LabError {
  return new LabError('the profile is larger than 512 MB', {
    code: 'usage',
    hint: 'take the goroutines as text, of which any size is read: /debug/pprof/goroutine?debug=2',
  });
}
