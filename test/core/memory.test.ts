import { writeFile } from 'node:fs/promises';
import { expect } from 'chai';
import { openCoreMemory } from '../../lab/core/memory.js';
import { tempFolder } from '../temp-folder.js';

const noteSize = 8 + 12 + 32;

interface Load {
  readonly start: number;
  readonly bytes: Buffer;
}

/** A little ELF file with segments, an entry address and, for a core, an auxiliary vector that names one. */
function elf(entry: number, loads: readonly Load[], auxEntry?: number): Buffer {
  const count = loads.length + (auxEntry === undefined ? 0 : 1);
  const head = Buffer.alloc(64 + 56 * count);
  head.write('\x7fELF\x02\x01\x01', 'latin1');
  head.writeBigUInt64LE(BigInt(entry), 24);
  head.writeBigUInt64LE(64n, 32);
  head.writeUInt16LE(56, 54);
  head.writeUInt16LE(count, 56);
  const parts: Buffer[] = [head];
  let offset = head.length;
  const add = (i: number, type: number, start: number, bytes: Buffer) => {
    const at = 64 + 56 * i;
    head.writeUInt32LE(type, at);
    head.writeBigUInt64LE(BigInt(offset), at + 8);
    head.writeBigUInt64LE(BigInt(start), at + 16);
    head.writeBigUInt64LE(BigInt(bytes.length), at + 32);
    parts.push(bytes);
    offset += bytes.length;
  };
  for (const [i, { start, bytes }] of loads.entries()) add(i, 1, start, bytes);
  if (auxEntry !== undefined) {
    const note = Buffer.alloc(noteSize);
    note.writeUInt32LE(5, 0);
    note.writeUInt32LE(32, 4);
    note.writeUInt32LE(6, 8);
    note.write('CORE\0', 12);
    note.writeBigUInt64LE(9n, 20);
    note.writeBigUInt64LE(BigInt(auxEntry), 28);
    add(loads.length, 4, 0, note);
  }
  return Buffer.concat(parts);
}

const counted = (length: number, first = 0) =>
  Buffer.from(Array.from({ length }, (_, i) => (first + i) & 0xff));

async function open(core: Buffer, exe: Buffer) {
  const folder = await tempFolder();
  await writeFile(folder.file('core'), core);
  await writeFile(folder.file('exe'), exe);
  const memory = openCoreMemory(folder.file('core'), folder.file('exe'));
  await folder[Symbol.asyncDispose]();
  return memory;
}

describe('the memory of a core', () => {
  it('reads numbers in little endian, and nothing where nothing is', async () => {
    using memory = await open(elf(0, [{ start: 0x1000, bytes: counted(64) }]), elf(0, []));
    expect(memory.u8(0x1001)).to.equal(1);
    expect(memory.u32(0x1000)).to.equal(0x03020100);
    expect(memory.u64(0x1000)).to.equal(0x0706050403020100);
    expect(memory.u64(0x103c)).to.equal(undefined);
    expect(memory.u8(0xfff)).to.equal(undefined);
  });

  it('puts together what crosses blocks and segments', async () => {
    const loads = [
      { start: 0x10000, bytes: counted(0x38000) },
      { start: 0x48000, bytes: counted(16, 7) },
    ];
    using memory = await open(elf(0, loads), elf(0, []));
    const all = memory.bytes(0x10000, 0x38010);
    expect(all?.equals(Buffer.concat(loads.map(({ bytes }) => bytes)))).to.equal(true);
  });

  it('is the same through the small cache, in whatever order it is read', async () => {
    const data = Buffer.alloc(3 << 20);
    for (let at = 0; at < data.length; at += 4) data.writeUInt32LE(at, at);
    using memory = await open(elf(0, [{ start: 0x10000, bytes: data }]), elf(0, []));
    const narrow = memory.narrow?.();
    if (narrow === undefined) throw new Error('a file has a small cache');
    // More blocks than it has room for, by turns, and pieces that lie in several of them.
    for (let i = 0; i < 600; i++) {
      const at = ((i * 7919) % 745) * 4096;
      const length = 1 + ((i * 211) % (128 * 1024));
      const held = narrow.span(0x10000 + at, length);
      const expected = at + length <= data.length ? data.subarray(at, at + length) : undefined;
      const got =
        held < 0 ? undefined : Buffer.from(narrow.view.buffer, narrow.view.byteOffset + held, length);
      expect(got === undefined ? undefined : got.compare(expected ?? Buffer.alloc(0))).to.equal(
        expected === undefined ? undefined : 0,
      );
    }
    narrow[Symbol.dispose]();
    expect(memory.u32(0x10004)).to.equal(4);
  });

  it('takes from the executable what the core left out, moved to where it was loaded', async () => {
    const core = elf(0, [{ start: 0x9000, bytes: counted(16) }], 0x555500000040);
    using memory = await open(core, elf(0x40, [{ start: 0, bytes: counted(16, 100) }]));
    expect(memory.u8(0x555500000002)).to.equal(102);
    expect(memory.u8(0x9002)).to.equal(2);
  });

  it('takes single pages from the core where the executable has all around them', async () => {
    const exe = elf(0, [{ start: 0x2000, bytes: counted(64) }]);
    using memory = await open(elf(0, [{ start: 0x2010, bytes: counted(8, 200) }], 0), exe);
    const expected = Buffer.concat([counted(16), counted(8, 200), counted(40, 24)]);
    expect(memory.bytes(0x2000, 64)).to.deep.equal(expected);
    expect(memory.bytes(0x2018, 8)).to.deep.equal(counted(8, 24));
  });

  it('refuses what is no ELF file', async () => {
    let message = '';
    await open(Buffer.from('hello'), elf(0, [])).catch((error: unknown) => {
      message = String(error);
    });
    expect(message).to.include('not a 64-bit little-endian ELF file');
  });
});
