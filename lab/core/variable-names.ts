import { cString, readSections, u64 } from './elf-format.js';
import { openInput } from './input-file.js';
import type { CheckedPair } from './pair.js';
import type { AddressRange } from './program-image.js';

/** Where the variables of a process lie. */
export interface Variables {
  /** In which one an address lies; `undefined` where none is known. */
  at(address: number): string | undefined;
  /** Those of Go's runtime, in order. */
  readonly ofRuntime: readonly AddressRange[];
}

export const noVariables: Variables = { at: () => undefined, ofRuntime: [] };

const symbolSize = 24;
const STT_OBJECT = 1;
const AT_ENTRY = 9;

/**
 * Names of a program's variables by the symbol table of its executable, which stripping takes out: then none is known.
 * Throws `usage` when the file cannot be read.
 */
export async function readVariables(
  { exe, core }: Pick<CheckedPair, 'exe' | 'core'>,
  signal: AbortSignal,
): Promise<Variables> {
  await using file = await openInput(exe.path, 'executable', signal);
  const bias = exe.kind === 'pie' ? (core.auxv.get(AT_ENTRY) ?? exe.entry) - exe.entry : 0;
  const sections = await readSections(file.read, file.header);
  const [symbols, strings] = await Promise.all(
    ['.symtab', '.strtab'].map(async (wanted) => {
      const found = sections.find(({ name }) => name === wanted);
      return found === undefined
        ? Buffer.alloc(0)
        : await file.read(found.offset, Math.min(found.size, file.size));
    }),
  );
  const variables: { start: number; end: number; nameAt: number }[] = [];
  for (let at = 0; symbols !== undefined && at + symbolSize <= symbols.length; at += symbolSize) {
    const size = u64(symbols, at + 16);
    if (((symbols[at + 4] ?? 0) & 15) !== STT_OBJECT || size === 0) continue;
    const start = u64(symbols, at + 8) + bias;
    variables.push({ start, end: start + size, nameAt: symbols.readUInt32LE(at) });
  }
  variables.sort((a, b) => a.start - b.start);
  const nameOf = ({ nameAt }: (typeof variables)[number]) =>
    strings === undefined ? undefined : cString(strings, nameAt) || undefined;
  return {
    at(address) {
      const found = variables[lastUpTo(variables, address)];
      return found === undefined || address >= found.end ? undefined : nameOf(found);
    },
    ofRuntime: variables.filter((one) => nameOf(one)?.startsWith('runtime.') === true),
  };
}

/** Index of the last that begins at an address or before it; -1 when there is none. */
function lastUpTo(sorted: readonly { readonly start: number }[], address: number): number {
  let [low, high] = [0, sorted.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((sorted[middle]?.start ?? 0) <= address) low = middle + 1;
    else high = middle;
  }
  return low - 1;
}
