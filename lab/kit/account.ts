import { open } from 'node:fs/promises';
import type { CoreHeader } from '../core/core-file.js';
import { PT_LOAD } from '../core/elf-format.js';

/** Bytes of a core by what they were, whole pages. */
export interface CoreAccount {
  readonly zeros: number;
  readonly fromExe: number;
  readonly heap: number;
  readonly other: number;
}

const pageSize = 4096;
const blockSize = 4 << 20;
const zeros = Buffer.alloc(blockSize);

/** Counts the pages of a core in one pass over it. */
export async function countPages(
  { path, segments }: CoreHeader,
  kindOf: (address: number) => 'fromExe' | 'heap' | 'other',
  signal: AbortSignal,
): Promise<CoreAccount> {
  const account = { zeros: 0, fromExe: 0, heap: 0, other: 0 };
  await using file = await open(path, 'r');
  const buffer = Buffer.allocUnsafe(blockSize);
  for (const { type, vaddr, filesz, offset } of segments) {
    if (type !== PT_LOAD) continue;
    for (let at = 0; at < filesz; ) {
      signal.throwIfAborted();
      const { bytesRead } = await file.read(buffer, 0, Math.min(blockSize, filesz - at), offset + at);
      if (bytesRead === 0) break;
      const block = buffer.subarray(0, bytesRead);
      if (block.equals(zeros.subarray(0, block.length))) {
        account.zeros += block.length;
        at += block.length;
        continue;
      }
      for (let page = 0; page < block.length; page += pageSize) {
        const part = block.subarray(page, page + pageSize);
        const empty = part.equals(zeros.subarray(0, part.length));
        account[empty ? 'zeros' : kindOf(vaddr + at + page)] += part.length;
      }
      at += block.length;
    }
  }
  return account;
}
