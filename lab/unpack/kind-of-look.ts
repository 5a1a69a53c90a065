import { createReadStream, statSync } from 'node:fs';
import { createGunzip } from 'node:zlib';
import { isElf, parseElfHeader } from '../core/elf-format.js';
import { wrappingOf } from '../core/wrapping.js';
import { peek } from './bytes.js';

/** What a file that shows a process at one moment is, by its first bytes. */
export type KindOfLook =
  /** As a file, in wrappings, or in the keeping of systemd: what else is wrong with it, whoever opens it tells. */
  | 'core'
  | 'program'
  /** Text or pprof's protobuf, compressed with gzip or not; or no file at all. */
  | 'dump';

/** A dump is read out of gzip alone: whatever else is packed is to be opened as a core. */
export async function kindOfLook(file: string): Promise<KindOfLook> {
  if (file.startsWith('coredumpctl:')) return 'core';
  if (statSync(file, { throwIfNoEntry: false })?.isFile() !== true) return 'dump';
  const head = await headOf(createReadStream(file, { end: 4_095 }));
  const wrapping = wrappingOf(head, file);
  if (wrapping.kind === 'none' || wrapping.kind === 'unknown') return kindOf(head);
  if (wrapping.kind !== 'compressed' || wrapping.compression !== 'gzip') return 'core';
  const inside = await headOf(createReadStream(file).pipe(createGunzip()));
  const isDump = wrappingOf(inside, file).kind === 'none' && !isElf(inside);
  return isDump ? 'dump' : 'core';
}

function kindOf(head: Buffer): KindOfLook {
  if (!isElf(head)) return 'dump';
  return parseElfHeader(head)?.type === 'core' ? 'core' : 'program';
}

/** Empty where it cannot be read. */
async function headOf(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  try {
    const { head, close } = await peek(stream);
    await close();
    return head;
  } catch {
    return Buffer.alloc(0);
  }
}
