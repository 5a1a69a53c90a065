import { LabError } from '../errors.js';
import type { CoreMemory } from './memory.js';

/** A place in the source, as the program's own tracebacks name it. */
export interface CodeLocation {
  readonly function: string;
  readonly file: string;
  readonly line: number;
}

export interface CodeFrame extends CodeLocation {
  /** The call was inlined into the function of the next frame. */
  readonly inlined: boolean;
}

/**
 * Go's function table (`runtime.pclntab`). The running program needs it for its own tracebacks, so no stripping
 * takes it out. Layout: runtime/symtab.go, runtime/symtabinl.go and internal/abi/symtab.go of Go 1.18 to 1.27.
 */
export interface FunctionTable {
  /** Number of functions. */
  readonly size: number;
  /**
   * The function at an address with what was inlined there, innermost first; empty when the address lies in no
   * function of the table. Of a return address pass the byte before it: that lies in the call itself.
   */
  frames(pc: number): readonly CodeFrame[];
  /**
   * Bytes between the stack pointer at an address and the place of the return address; `undefined` when the
   * table does not know the address.
   */
  frameSize(pc: number): number | undefined;
  /** What the compiler tells the runtime of a call; `undefined` when the table does not know the address. */
  tablesAt(pc: number): FunctionTables | undefined;
  /** Address and name of the `i`th function, in the order of addresses. */
  entry(i: number): { readonly address: number; readonly name: string } | undefined;
  /** Source files as compiled. */
  files(): readonly string[];
}

/** Tables of a function by their numbers of internal/abi/symtab.go. */
export interface FunctionTables {
  /** Its value at the address; -1 where it has none. */
  pcdata(table: number): number;
  /** Address of its data; 0 where it has none. */
  funcdata(table: number): number;
  /** Bytes that its caller keeps for its arguments. */
  readonly argumentBytes: number;
}

export interface TablePlace {
  /** Where the table lies in the process. */
  readonly header: number;
  /** Start of the program's text: functions are told by their distance from it. */
  readonly text: number;
  /** Start of the functions' data (`moduledata.gofunc`); without it no inlined call is known. */
  readonly gofunc: number | undefined;
}

/** Go 1.18 and 1.19, and from Go 1.20 on: the latter have a start line in each function. */
export const tableMagics = { go118: 0xfffffff0, go120: 0xfffffff1 } as const;
export const tableHeaderSize = 72;
const inlineTreeFuncdata = 3;
const inlineTreePcdata = 2;
const maxInlined = 64;
const none = 0xffffffff;

interface Format {
  readonly functionSize: number;
  readonly inlined: { readonly size: number; readonly name: number; readonly parentPc: number };
}

const go118: Format = { functionSize: 40, inlined: { size: 20, name: 12, parentPc: 16 } };
const go120: Format = { functionSize: 44, inlined: { size: 16, name: 4, parentPc: 8 } };

/** Throws `undecided` when there is no table of a known format at that address. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the table share where its parts lie
export function readFunctionTable(memory: CoreMemory, place: TablePlace): FunctionTable {
  const head = memory.bytes(place.header, tableHeaderSize);
  const magic = head?.readUInt32LE(0);
  const known = magic === tableMagics.go118 || magic === tableMagics.go120;
  if (head === undefined || !known || head[7] !== 8) throw unreadable('has an unknown format');
  const format = magic === tableMagics.go118 ? go118 : go120;
  const quantum = head[6] ?? 1;
  const count = head.readUInt32LE(8);
  const part = (at: number) => place.header + Number(head.readBigUInt64LE(at));
  const names = part(32);
  const units = part(40);
  const fileNames = part(48);
  const values = part(56);
  const functions = part(64);
  // Pairs of distances from the text and from the table, and the end of the last function.
  const index = memory.bytes(functions, count * 8 + 4);
  if (index === undefined) throw unreadable('is not in the core');
  const starts = Uint32Array.from({ length: count + 1 }, (_, i) => index.readUInt32LE(i * 8));
  const places = Uint32Array.from({ length: count }, (_, i) => index.readUInt32LE(i * 8 + 4));
  const seen = new Map<number, readonly CodeFrame[]>();

  /** The last function that starts at or before this distance from the text. */
  function find(offset: number): number {
    if (offset < (starts[0] ?? 0) || offset >= (starts[count] ?? 0)) return -1;
    let low = 0;
    let high = count - 1;
    while (low < high) {
      const middle = (low + high + 1) >> 1;
      if ((starts[middle] as number) <= offset) low = middle;
      else high = middle - 1;
    }
    return low;
  }

  const nameAt = (offset: number) => text(memory, names + offset);

  /** The value at a distance from the function's start; -1 when the table has none for it. */
  function valueAt(table: number, offset: number): number {
    if (table === 0) return -1;
    let at = values + table;
    const varint = () => {
      let out = 0;
      for (let shift = 0; shift < 35; shift += 7) {
        const byte = memory.u8(at++) ?? 0;
        out |= (byte & 0x7f) << shift;
        if (byte < 0x80) break;
      }
      return out >>> 0;
    };
    let value = -1;
    for (let pc = 0, first = true; ; first = false) {
      const delta = varint();
      if (delta === 0 && !first) return -1;
      value = (value + ((delta & 1) === 0 ? delta >>> 1 : ~(delta >>> 1))) | 0;
      const step = varint();
      pc += step * quantum;
      if (offset < pc) return value;
      if (step === 0) return -1;
    }
  }

  function describe(i: number, offset: number): CodeFrame[] {
    const at = functions + (places[i] as number);
    const field = (byte: number) => memory.u32(at + byte) ?? 0;
    const [name, fileTable, lineTable, pcdatas, unit] = [4, 20, 24, 28, 32].map(field) as Fields;
    const more = at + format.functionSize;
    const funcdatas = memory.u8(more - 1) ?? 0;
    const tree = pcdatas > inlineTreePcdata ? (memory.u32(more + inlineTreePcdata * 4) ?? 0) : 0;
    const data =
      funcdatas > inlineTreeFuncdata ? memory.u32(more + (pcdatas + inlineTreeFuncdata) * 4) : none;
    const calls = place.gofunc === undefined || data === undefined || data === none ? 0 : place.gofunc + data;
    const placeOf = (pc: number) => {
      const number = valueAt(fileTable, pc);
      const file = number < 0 ? none : (memory.u32(units + (unit + number) * 4) ?? none);
      return {
        file: file === none ? '' : text(memory, fileNames + file),
        line: Math.max(valueAt(lineTable, pc), 0),
      };
    };
    const frames: CodeFrame[] = [];
    let pc = offset;
    while (calls !== 0 && frames.length < maxInlined) {
      const call = valueAt(tree, pc);
      if (call < 0) break;
      const record = calls + call * format.inlined.size;
      const inner = memory.u32(record + format.inlined.name);
      const parent = memory.u32(record + format.inlined.parentPc);
      if (inner === undefined || parent === undefined) break;
      frames.push({ function: nameAt(inner), ...placeOf(pc), inlined: true });
      pc = parent;
    }
    frames.push({ function: nameAt(name), ...placeOf(pc), inlined: false });
    return frames;
  }

  return {
    size: count,
    frames(pc) {
      const before = seen.get(pc);
      if (before !== undefined) return before;
      const offset = pc - place.text;
      const i = find(offset);
      const frames = i < 0 ? [] : describe(i, offset - (starts[i] as number));
      seen.set(pc, frames);
      return frames;
    },
    frameSize(pc) {
      const i = find(pc - place.text);
      if (i < 0) return undefined;
      const size = valueAt(
        memory.u32(functions + (places[i] as number) + 16) ?? 0,
        pc - place.text - (starts[i] as number),
      );
      return size < 0 ? undefined : size;
    },
    tablesAt(pc) {
      const i = find(pc - place.text);
      if (i < 0 || place.gofunc === undefined) return undefined;
      const { gofunc } = place;
      const at = functions + (places[i] as number);
      const more = at + format.functionSize;
      const pcdatas = memory.u32(at + 28) ?? 0;
      const funcdatas = memory.u8(more - 1) ?? 0;
      const offset = pc - place.text - (starts[i] as number);
      return {
        argumentBytes: memory.u32(at + 8) ?? 0,
        pcdata: (table) => (table < pcdatas ? valueAt(memory.u32(more + table * 4) ?? 0, offset) : -1),
        funcdata(table) {
          const data = table < funcdatas ? memory.u32(more + (pcdatas + table) * 4) : none;
          return data === undefined || data === none ? 0 : gofunc + data;
        },
      };
    },
    entry(i) {
      const at = places[i];
      if (at === undefined) return undefined;
      const name = nameAt(memory.u32(functions + at + 4) ?? 0);
      return { address: place.text + (starts[i] ?? 0), name };
    },
    files() {
      const all =
        memory
          .bytes(fileNames, values - fileNames)
          ?.toString('utf8')
          .split('\0') ?? [];
      return [...new Set(all)].filter((name) => name !== '');
    },
  };
}

type Fields = [number, number, number, number, number];

/** Text up to its terminating zero. */
function text(memory: CoreMemory, address: number): string {
  for (let length = 64; length <= 65_536; length *= 4) {
    const bytes = memory.bytes(address, length) ?? upToEnd(memory, address, length);
    const end = bytes.indexOf(0);
    if (end >= 0) return bytes.toString('utf8', 0, end);
  }
  return '';
}

/** Near the end of what the files hold. */
function upToEnd(memory: CoreMemory, address: number, length: number): Buffer {
  const bytes: number[] = [];
  for (let i = 0; i < length; i++) bytes.push(memory.u8(address + i) ?? 0);
  return Buffer.from(bytes);
}

function unreadable(why: string): LabError {
  return new LabError(`the program's function table ${why}`, {
    code: 'undecided',
    hint: 'Pass the unstripped executable of the same build with --exe.',
  });
}
