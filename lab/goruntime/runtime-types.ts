import type { CoreMemory } from '../core/memory.js';
import type { AddressRange } from '../core/program-image.js';

/** A struct as the program itself describes it, nested structs included. */
export interface StructType {
  readonly size: number;
  readonly fields: readonly StructField[];
}

export interface StructField {
  readonly name: string;
  /** As `reflect` prints it, `*sync.Mutex`; empty when it could not be read. */
  readonly type: string;
  /** Bytes from the start of the struct. */
  readonly offset: number;
  /** Set when the field is a struct itself. */
  readonly struct: StructType | undefined;
}

/** A type by import path and name, `runtime.g`; `undefined` when the program does not describe it. */
export type FindStruct = (name: string) => StructType | undefined;

/** internal/abi/type.go: the same on 64-bit machines since Go 1.18. */
const at = { size: 0, tflag: 20, kind: 23, str: 40, pkgPath: 48, fields: 56 } as const;
const structKind = 25;
const kindMask = 31;
const extraStar = 2;
const fieldSize = 24;
const maxFields = 512;
const maxDepth = 3;
/** More than the types of any program take. */
const maxTypes = 512 << 20;

/**
 * Finds structs among the type descriptors that every Go program carries for its garbage collector, its
 * interfaces and `reflect`: what is ever allocated is described, the runtime's own structs among it, and
 * stripping takes no descriptor out.
 */
export function runtimeTypes(memory: CoreMemory, types: AddressRange): FindStruct {
  const size = types.end - types.start;
  const bytes = size > maxTypes ? undefined : memory.bytes(types.start, size);
  // A copy: what is read in between takes the place of what was read before.
  const all = bytes === undefined ? Buffer.alloc(0) : Buffer.from(bytes);
  const known = new Map<string, StructType | undefined>();
  return (name) => {
    if (!known.has(name)) known.set(name, find(memory, all, types.start, name));
    return known.get(name);
  };
}

function find(memory: CoreMemory, all: Buffer, start: number, name: string): StructType | undefined {
  const owner = name.slice(0, name.lastIndexOf('.'));
  // Names have a byte of flags, their length, and a star in front that most types have to leave out.
  const short = name.slice(name.lastIndexOf('/') + 1);
  for (const spelled of [`*${short}`, short]) {
    if (spelled.length >= 128) continue;
    const text = Buffer.from(`${String.fromCharCode(spelled.length)}${spelled}`, 'latin1');
    for (let i = all.indexOf(text); i > 0; i = all.indexOf(text, i + 1)) {
      for (const type of typesNamed(all, i - 1)) {
        const starred = ((all[type + at.tflag] ?? 0) & extraStar) !== 0;
        const kind = (all[type + at.kind] ?? 0) & kindMask;
        if (kind !== structKind || starred !== spelled.startsWith('*')) continue;
        const found = readStruct(memory, start, start + type, 0);
        // `sync.Pool` may be of any package that is called so.
        if (found !== undefined && readName(memory, memory.u64(start + type + at.pkgPath)) === owner)
          return found;
      }
    }
  }
  return undefined;
}

/** Distances of the types whose name lies at a distance from the start. */
function* typesNamed(all: Buffer, name: number): Generator<number> {
  const wanted = Buffer.alloc(4);
  wanted.writeUInt32LE(name);
  for (let i = all.indexOf(wanted); i >= 0; i = all.indexOf(wanted, i + 1)) {
    if (i % 8 === at.str % 8 && i >= at.str) yield i - at.str;
  }
}

function readStruct(memory: CoreMemory, start: number, type: number, depth: number): StructType | undefined {
  const size = memory.u64(type + at.size);
  const first = memory.u64(type + at.fields);
  const count = memory.u64(type + at.fields + 8);
  if (size === undefined || first === undefined || count === undefined || count > maxFields) return undefined;
  const raw: { name: string; type: number; offset: number }[] = [];
  for (let i = 0; i < count; i++) {
    const [name, fieldType, offset] = [0, 8, 16].map((more) => memory.u64(first + i * fieldSize + more));
    if (fieldType === undefined || offset === undefined) return undefined;
    raw.push({ name: readName(memory, name) ?? '', type: fieldType, offset });
  }
  const fits = (shift: number) =>
    raw.every((field) => (field.offset >>> shift) + (memory.u64(field.type) ?? Number.NaN) <= size);
  // Go 1.18 keeps in the lowest bit whether the field is embedded.
  const shift = fits(0) ? 0 : fits(1) ? 1 : undefined;
  if (shift === undefined) return undefined;
  const fields = raw.map((field) => ({
    name: field.name,
    type: typeName(memory, start, field.type),
    offset: field.offset >>> shift,
    struct:
      depth < maxDepth && ((memory.u8(field.type + at.kind) ?? 0) & kindMask) === structKind
        ? readStruct(memory, start, field.type, depth + 1)
        : undefined,
  }));
  return { size, fields };
}

/** The name of a type at an address, as `reflect` prints it; `start` is that of the type section. */
export function typeName(memory: CoreMemory, start: number, type: number): string {
  const name = readName(memory, start + (memory.u32(type + at.str) ?? 0)) ?? '';
  return ((memory.u8(type + at.tflag) ?? 0) & extraStar) === 0 ? name : name.slice(1);
}

/** A byte of flags, the length, and the bytes; the names looked for are shorter than 128. */
function readName(memory: CoreMemory, address: number | undefined): string | undefined {
  if (address === undefined || address === 0) return undefined;
  const length = memory.u8(address + 1);
  if (length === undefined || length >= 128) return undefined;
  return memory.bytes(address + 2, length)?.toString('utf8');
}
