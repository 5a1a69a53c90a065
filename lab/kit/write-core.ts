import { type FileHandle, open } from 'node:fs/promises';
import type { CoreHeader } from '../core/core-file.js';
import { elfHeaderSize, fileReader, PT_LOAD, PT_NOTE } from '../core/elf-format.js';
import { LabError } from '../errors.js';
import { writeSparse } from '../sparse-file.js';
import { scrubNotes } from './notes.js';
import { collectRanges, eachWithin, type Ranges } from './ranges.js';
import type { WordRule } from './words.js';

/** Puts what is kept of the bytes from `start` on into `into`, which is all zeros. */
export type Paint = (start: number, into: Buffer) => void;

export interface SlimLayout {
  /** Memory that the new core has; what is not painted is zero. */
  readonly present: Ranges;
  /** Whether the executable tells what is at an address: there a hole must stay one. */
  isExe(address: number): boolean;
}

const headerSize = 56;
const pageSize = 4096;
/** Shorter holes are filled with zeros: they compress to nothing, and readers search long lists of segments. */
const shortHole = 1 << 20;
const windowSize = 1 << 20;
/** 65,535 and more are told elsewhere in the file, which not every reader knows. */
const maxSegments = 60_000;

interface Piece {
  readonly flags: number;
  readonly start: number;
  readonly end: number;
}

/** Writes a core of the same process that has only some of its memory. The file does not exist yet. */
export async function writeCore(
  { core, out }: { readonly core: CoreHeader; readonly out: string },
  layout: SlimLayout,
  paint: Paint,
  rule: WordRule,
  signal: AbortSignal,
): Promise<{ readonly bytes: number; readonly notes: number; readonly segments: number }> {
  await using source = await open(core.path, 'r');
  const read = fileReader(source);
  const head = Buffer.from(await read(0, elfHeaderSize));
  const notes: Buffer[] = [];
  for (const { type, offset, filesz } of core.segments) {
    if (type === PT_NOTE) notes.push(scrubNotes(await read(offset, filesz), rule));
  }
  const note = Buffer.concat(notes);
  const pieces = piecesOf(core, layout);
  const headers = Buffer.alloc(headerSize * (pieces.length + 1));
  head.writeBigUInt64LE(BigInt(elfHeaderSize), 32);
  head.writeBigUInt64LE(0n, 40);
  head.writeUInt16LE(headerSize, 54);
  head.writeUInt16LE(pieces.length + 1, 56);
  head.fill(0, 58, 64);
  const noteAt = elfHeaderSize + headers.length;
  writeHeader(headers, 0, { type: PT_NOTE, flags: 0, start: 0, end: note.length }, noteAt, 4);
  let at = Math.ceil((noteAt + note.length) / pageSize) * pageSize;
  const places = pieces.map((piece, i) => {
    const place = at;
    writeHeader(headers, (i + 1) * headerSize, { type: PT_LOAD, ...piece }, place, pageSize);
    at += piece.end - piece.start;
    return place;
  });
  await using file = await open(out, 'wx', 0o600);
  await writeAll(file, Buffer.concat([head, headers, note]), 0);
  const window = Buffer.alloc(windowSize);
  for (const [i, { start, end }] of pieces.entries()) {
    for (let from = start; from < end; from += windowSize) {
      signal.throwIfAborted();
      const bytes = window.subarray(0, Math.min(windowSize, end - from)).fill(0);
      paint(from, bytes);
      await writeSparse(file, bytes, (places[i] as number) + from - start);
    }
  }
  await file.truncate(at);
  return { bytes: at, notes: note.length, segments: pieces.length };
}

/** In each segment of the core the pages that are to be there, with short holes between them. */
function piecesOf({ segments }: CoreHeader, { present, isExe }: SlimLayout): Piece[] {
  const loads = segments
    .filter(({ type, filesz }) => type === PT_LOAD && filesz > 0)
    .toSorted((a, b) => a.vaddr - b.vaddr);
  for (let hole = shortHole; ; hole *= 4) {
    const pieces: Piece[] = [];
    for (const { vaddr, filesz, flags } of loads) {
      const pages = collectRanges(isExe(vaddr) ? 0 : hole);
      eachWithin(present, vaddr, vaddr + filesz, (start, end) => {
        const first = Math.max(vaddr, start - (start % pageSize));
        pages.add(first, Math.min(vaddr + filesz, Math.ceil(end / pageSize) * pageSize));
      });
      const { starts, ends } = pages.finish();
      for (let i = 0; i < starts.length; i++) {
        pieces.push({ flags, start: starts[i] as number, end: ends[i] as number });
      }
    }
    if (pieces.length <= maxSegments) return pieces;
    if (hole > 2 ** 46) {
      throw new LabError(`the core has ${pieces.length} segments, more than a slimmed one can have`, {
        code: 'undecided',
        hint: 'pack it whole: add --keep-heap',
      });
    }
  }
}

function writeHeader(
  to: Buffer,
  at: number,
  { type, flags, start, end }: Piece & { readonly type: number },
  offset: number,
  align: number,
): void {
  to.writeUInt32LE(type, at);
  to.writeUInt32LE(flags, at + 4);
  const size = BigInt(end - start);
  const fields = [BigInt(offset), BigInt(start), 0n, size, type === PT_NOTE ? 0n : size, BigInt(align)];
  for (const [i, value] of fields.entries()) to.writeBigUInt64LE(value, at + 8 + i * 8);
}

async function writeAll(file: FileHandle, bytes: Buffer, at: number): Promise<void> {
  for (let done = 0; done < bytes.length; ) {
    done += (await file.write(bytes, done, bytes.length - done, at + done)).bytesWritten;
  }
}
