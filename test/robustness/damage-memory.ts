import { open } from 'node:fs/promises';
import { execa } from 'execa';
import type { ProgramHeader } from '../../lab/core/elf-format.js';
import type { Edit } from './damage.js';

export interface CoreWord {
  /** Where it lies in the core. */
  readonly at: number;
  readonly value: bigint;
}

export type Random = () => number;
export const below = (random: Random, n: number) => Math.floor(random() * n);
export const oneOf = <T>(random: Random, list: readonly T[]): T => {
  const one = list[below(random, list.length)];
  if (one === undefined) throw new RangeError('nothing to choose from');
  return one;
};

/** Words of memory that are something: where they lie in the core, and what they are. */
export async function wordsOf(
  path: string,
  segments: readonly ProgramHeader[],
  ranges: readonly { start: number; end: number }[],
): Promise<CoreWord[]> {
  const words: CoreWord[] = [];
  await using file = await open(path, 'r');
  for (const { start, end } of ranges) {
    for (const { type, vaddr, filesz, offset } of segments) {
      const [from, to] = [Math.max(start, vaddr), Math.min(end, vaddr + filesz)];
      if (type !== 1 || from >= to) continue;
      const bytes = Buffer.alloc(Math.min(to - from, 8 << 20));
      await file.read(bytes, 0, bytes.length, offset + from - vaddr);
      for (let i = 0; i + 8 <= bytes.length; i += 8) {
        const value = bytes.readBigUInt64LE(i);
        if (value !== 0n) words.push({ at: offset + from - vaddr + i, value });
      }
    }
  }
  return words;
}

export const otherWord = (random: Random, value: bigint, words: readonly CoreWord[]): bigint =>
  oneOf(random, [
    () => BigInt(below(random, 2 ** 32)) * 2n ** 32n + BigInt(below(random, 2 ** 32)),
    () => 0n,
    () => oneOf(random, words).value,
    () => BigInt.asUintN(64, value + BigInt(oneOf(random, [-8, 8, 1, 64, 4096]))),
    () => 2n ** BigInt(20 + below(random, 43)),
    () => BigInt.asUintN(64, value ^ (1n << BigInt(below(random, 64)))),
  ])();

export const wordEdit = (at: number, value: bigint): Edit => {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(value);
  return { at, bytes };
};

/** Where the variables of a program lie that does not move. */
export async function variablesOf(exe: string): Promise<{ start: number; end: number }[]> {
  const { stdout } = await execa('readelf', ['--wide', '--sections', exe]);
  return [
    ...stdout.matchAll(/ \.(?:data|bss|noptrdata|noptrbss) +\w+ +([0-9a-f]+) [0-9a-f]+ ([0-9a-f]+)/g),
  ].map(([, at = '', size = '']) => ({
    start: Number.parseInt(at, 16),
    end: Number.parseInt(at, 16) + Number.parseInt(size, 16),
  }));
}
