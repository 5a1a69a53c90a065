import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { type Dump, type DumpStack, readDumps } from '../../lab/dump/index.js';

const folder = resolve(import.meta.dirname, '../../../test/fixtures/dumps');

export interface KeptDump {
  /** `go1.26/debug2` */
  readonly name: string;
  readonly minor: number;
  readonly form: string;
  readonly bytes: Buffer;
}

/** What programs of test/fixtures/go/dumps printed, in every form, built by many a Go: see make-dumps.ts. */
export const keptDumps: readonly KeptDump[] = readdirSync(folder).flatMap((version) =>
  readdirSync(join(folder, version)).map((file) => {
    const form = file.replace(/\..*$/, '');
    const packed = readFileSync(join(folder, version, file));
    const bytes = file.endsWith('.gz') ? gunzipSync(packed) : packed;
    return { name: `${version}/${form}`, minor: Number(version.slice('go1.'.length)), form, bytes };
  }),
);

async function* pieces(bytes: Buffer, size: number): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

/** Read as if it came in pieces of so many bytes. */
export function readBytes(bytes: Buffer | string, size = 4096): Promise<readonly Dump[]> {
  return readDumps(pieces(Buffer.from(bytes), size), { signal: new AbortController().signal });
}

/** Everything that a dump says as values that compare, without when it was taken. */
export function plain(dumps: readonly Dump[]): unknown {
  return dumps.map(({ time: _, stacks, ...dump }) => ({
    ...dump,
    stacks: stacks.map((stack) => ({
      ...stack,
      members: stack.members.map((member) => ({ ...member, words: [...member.words] })),
    })),
  }));
}

/** Of all dumps of a text. */
export function framesOf(dumps: readonly Dump[]): number {
  return dumps
    .flatMap(({ stacks }): readonly DumpStack[] => stacks)
    .reduce((sum, { frames, count }) => sum + frames.length * count, 0);
}
