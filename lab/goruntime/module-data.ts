import type { CoreMemory } from '../core/memory.js';
import type { AddressRange, ProgramImage } from '../core/program-image.js';
import { scanWords } from '../core/scan-words.js';

/** What the linker wrote into `runtime.firstmoduledata` (runtime/symtab.go), as far as it is needed. */
export interface ModuleData {
  /** Where it lies itself. */
  readonly address: number;
  /** Address of the function table. */
  readonly table: number;
  readonly text: number;
  /** Exclusive. */
  readonly textEnd: number;
  /** Variables that may hold pointers: `.data` and `.bss`. */
  readonly variables: readonly AddressRange[];
  /** Where runtime types and their names lie; each is told by its distance from the start. */
  readonly types: AddressRange;
  /** Start of what belongs to single functions, the trees of inlined calls among it. */
  readonly gofunc: number;
}

/** Up to and with `noptrbss` the fields are the same since Go 1.18; later ones have moved. */
const fixed = { text: 176, etext: 184, data: 208, edata: 216, bss: 224, ebss: 232, enoptrbss: 248 } as const;
/**
 * Places of `end`, and behind it of `etypes` and `gofunc`: as Go 1.27 has them, with counters of coverage before `end` since
 * Go 1.20, and without. Where Go 1.27 has `etypes`, the others have `rodata`, which does not lie behind the types; where
 * they have `etypes`, Go 1.27 has a length.
 */
const layouts = [
  { end: 272, etypes: 40, gofunc: 72 },
  { end: 272, etypes: 32, gofunc: 48 },
  { end: 256, etypes: 32, gofunc: 48 },
] as const;

/**
 * Finds the module data among the program's variables: it begins with the address of the function table and
 * that of the names inside it. `undefined` when there is none, or when it is laid out otherwise.
 */
export function findModuleData(memory: CoreMemory, image: ProgramImage): ModuleData | undefined {
  for (const table of image.tables) {
    const namesOffset = memory.u64(table + 32);
    if (namesOffset === undefined) continue;
    let found: ModuleData | undefined;
    for (const range of image.writable) {
      scanWords(memory, range, (word, address) => {
        if (word !== table || memory.u64(address + 8) !== table + namesOffset) return false;
        found = readModuleData(memory, table, address);
        return found !== undefined;
      });
      if (found !== undefined) return found;
    }
  }
  return undefined;
}

function readModuleData(memory: CoreMemory, table: number, at: number): ModuleData | undefined {
  const field = (offset: number) => memory.u64(at + offset) ?? 0;
  const [text, etext] = [field(fixed.text), field(fixed.etext)];
  const variables = [
    { start: field(fixed.data), end: field(fixed.edata) },
    { start: field(fixed.bss), end: field(fixed.ebss) },
  ];
  if (text === 0 || etext <= text || variables.some(({ start, end }) => start === 0 || end < start))
    return undefined;
  for (const layout of layouts) {
    const [end, types, etypes, gofunc] = [0, 24, layout.etypes, layout.gofunc].map((more) =>
      field(layout.end + more),
    );
    if (end === undefined || types === undefined || etypes === undefined || gofunc === undefined) continue;
    // `end` closes the program; what is read-only lies before it, and nothing else of the struct looks like it.
    if (end < field(fixed.enoptrbss) || types === 0 || types >= etypes || etypes > end) continue;
    return {
      address: at,
      table,
      text,
      textEnd: etext,
      variables,
      types: { start: types, end: etypes },
      gofunc,
    };
  }
  return undefined;
}
