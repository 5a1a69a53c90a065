import { type FileHandle, open, readFile } from 'node:fs/promises';
import {
  elfHeaderSize,
  fileReader,
  type ProgramHeader,
  PT_LOAD,
  parseElfHeader,
  readProgramHeaders,
} from '../lab/core/elf-format.js';

const pageSize = 4096;
const pagesAtOnce = 256;
const zeros = Buffer.alloc(pagesAtOnce * pageSize);
const zeroPage = zeros.subarray(0, pageSize);

interface OpenCore extends AsyncDisposable {
  readonly loads: readonly ProgramHeader[];
  /** Some memory, a page unless told; `undefined` when the core does not have it in one segment. */
  page(address: number, length?: number): Promise<Buffer | undefined>;
}

export async function openCore(path: string): Promise<OpenCore> {
  const file = await open(path);
  const read = fileReader(file);
  const header = parseElfHeader(await read(0, elfHeaderSize));
  if (header === undefined) throw new Error(`${path} is no ELF file`);
  const loads = (await readProgramHeaders(read, header)).filter(({ type }) => type === PT_LOAD);
  return {
    loads,
    async page(address, length = pageSize) {
      const load = loads.find((one) => one.vaddr <= address && address + length <= one.vaddr + one.filesz);
      return load === undefined ? undefined : await read(load.offset + address - load.vaddr, length);
    },
    [Symbol.asyncDispose]: () => file.close(),
  };
}

interface Mapping {
  readonly from: number;
  readonly to: number;
  readonly offset: number;
  readonly path: string;
}

async function mappingsOf(pid: number): Promise<Mapping[]> {
  const lines = (await readFile(`/proc/${pid}/maps`, 'utf8')).split('\n');
  return lines.flatMap((line) => {
    const [, from = '', to = '', offset = '', path = ''] =
      /^(\w+)-(\w+) \S+ (\w+) \S+ \d+ *(.*)$/.exec(line) ?? [];
    const number = (text: string) => Number.parseInt(text, 16);
    return from === '' ? [] : [{ from: number(from), to: number(to), offset: number(offset), path }];
  });
}

/** Which pages of some memory have content, in memory or swapped out (the kernel's pagemap.rst). */
async function presentPages(pagemap: FileHandle, from: number, to: number): Promise<number[]> {
  const present: number[] = [];
  const entries = Buffer.alloc(64 * 1024);
  for (let at = from; at < to; ) {
    const wanted = Math.min(entries.length, ((to - at) / pageSize) * 8);
    const { bytesRead } = await pagemap.read(entries, 0, wanted, (at / pageSize) * 8);
    if (bytesRead === 0) return present;
    for (let i = 0; i < bytesRead; i += 8) {
      // Bits 62 and 63.
      if ((entries.readUInt8(i + 7) & 0xc0) !== 0) present.push(at + (i / 8) * pageSize);
    }
    at += (bytesRead / 8) * pageSize;
  }
  return present;
}

/**
 * Every page that one core of a process has, and that the process still has in memory, is the same in the other; what
 * the other leaves out is as in the file behind it. The process must not run. Returns how many pages were compared.
 */
export async function comparePages(pid: number, reference: string, other: string): Promise<number> {
  await using theirs = await openCore(reference);
  await using ours = await openCore(other);
  const pagemap = await open(`/proc/${pid}/pagemap`);
  const files = new Map<string, FileHandle>();
  try {
    const mappings = await mappingsOf(pid);
    let compared = 0;
    for (const { vaddr, filesz } of theirs.loads) {
      const present = await presentPages(pagemap, vaddr, vaddr + filesz);
      for (let i = 0; i < present.length; i += 1) {
        const address = present[i] ?? 0;
        const many = inARow(present, i);
        if (await isSameAtOnce(theirs, ours, address, many)) {
          compared += many;
          i += many - 1;
          continue;
        }
        const expected = await theirs.page(address);
        const found = (await ours.page(address)) ?? (await pageOfFile(address, mappings, files));
        // A debugger that reads memory which the process may not use makes pages of zeros there.
        const isSame = found === undefined ? expected?.equals(zeroPage) : expected?.equals(found);
        if (isSame !== true) {
          const where = mappings.find(({ from, to }) => from <= address && address < to)?.path;
          const how = found === undefined ? 'is missing' : 'differs';
          throw new Error(`${other}: page ${address.toString(16)} of ${where || 'anonymous memory'} ${how}`);
        }
        compared += 1;
      }
    }
    return compared;
  } finally {
    await pagemap.close();
    for (const file of files.values()) await file.close();
  }
}

/** How many pages follow one another there, as far as it is worth to look at them at once. */
function inARow(pages: readonly number[], from: number): number {
  let count = 1;
  while (count < pagesAtOnce && pages[from + count] === (pages[from] ?? 0) + count * pageSize) count += 1;
  return count;
}

async function isSameAtOnce(theirs: OpenCore, ours: OpenCore, address: number, pages: number) {
  const expected = await theirs.page(address, pages * pageSize);
  const found = await ours.page(address, pages * pageSize);
  if (expected === undefined) return false;
  if (found !== undefined) return expected.equals(found);
  const isMissing = !ours.loads.some(
    ({ vaddr, filesz }) => vaddr < address + expected.length && address < vaddr + filesz,
  );
  return isMissing && expected.equals(zeros.subarray(0, expected.length));
}

async function pageOfFile(
  address: number,
  mappings: readonly Mapping[],
  files: Map<string, FileHandle>,
): Promise<Buffer | undefined> {
  const mapping = mappings.find(({ from, to }) => from <= address && address < to);
  if (mapping === undefined || !mapping.path.startsWith('/')) return undefined;
  const file = files.get(mapping.path) ?? (await open(mapping.path));
  files.set(mapping.path, file);
  const page = Buffer.alloc(pageSize);
  await file.read(page, 0, pageSize, mapping.offset + address - mapping.from);
  return page;
}
