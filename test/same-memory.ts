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
const zeroPage = Buffer.alloc(pageSize);

interface OpenCore extends AsyncDisposable {
  readonly loads: readonly ProgramHeader[];
  /** A page; `undefined` when the core does not have it. */
  page(address: number): Promise<Buffer | undefined>;
}

export async function openCore(path: string): Promise<OpenCore> {
  const file = await open(path);
  const read = fileReader(file);
  const header = parseElfHeader(await read(0, elfHeaderSize));
  if (header === undefined) throw new Error(`${path} is no ELF file`);
  const loads = (await readProgramHeaders(read, header)).filter(({ type }) => type === PT_LOAD);
  return {
    loads,
    async page(address) {
      const load = loads.find((one) => one.vaddr <= address && address < one.vaddr + one.filesz);
      return load === undefined ? undefined : await read(load.offset + address - load.vaddr, pageSize);
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
      for (const address of await presentPages(pagemap, vaddr, vaddr + filesz)) {
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
