import { join } from 'node:path';
import { z } from 'zod';
import { bad } from '../core/input-file.js';
import { LabError } from '../errors.js';
import { peek } from './bytes.js';
import { missingTool, outputOf } from './decompress.js';
import type { Room } from './room.js';
import { writeElf } from './sparse-sink.js';
import type { Unpacked } from './unpack.js';

/** What stands before the pid where a file would stand. */
const scheme = 'coredumpctl:';

/**
 * The newest core of a process that systemd-coredump keeps, asked of coredumpctl(1). Throws `usage` when it keeps none,
 * `missing-tool` where there is no coredumpctl.
 */
export async function dumpOfSystemd(
  core: string,
  room: Room,
  onProgress: (text: string) => void,
  signal: AbortSignal,
): Promise<Unpacked & { readonly taken: Date | undefined }> {
  const pid = core.slice(scheme.length);
  if (!/^[1-9]\d*$/.test(pid)) {
    throw bad(`${core} names no process: a pid follows the colon`, 'see which there are: coredumpctl list');
  }
  const failed = (said: string) =>
    new LabError(`coredumpctl gives no core of process ${pid}: ${said || 'it does not say why'}`, {
      code: 'usage',
      hint: `look what it has: \`coredumpctl info ${pid}\`, with sudo if the process was another user's`,
    });
  const notThere = missingTool('cores of systemd are read by coredumpctl', 'coredumpctl', 'systemd-coredump');
  const argv = ['coredumpctl', '--quiet', '--no-pager', 'dump', pid] as const;
  const path = join(await room.folder(), `core.${pid}`);
  const { bytes, head } = await peek(outputOf({ argv: [...argv], failed, notThere }, signal));
  if (head.length === 0) throw failed('');
  const tell = (count: number) => onProgress(`${core}: ${Math.round(count / 1e6)} MB`);
  await writeElf(bytes, path, { room, name: core, onProgress: tell, signal });
  return { path, name: core, taken: await takenAt(pid, { failed, notThere }, signal) };
}

/** When the newest core of a process was written; `undefined` where this coredumpctl does not tell (before systemd 248). */
async function takenAt(
  pid: string,
  errors: Pick<Parameters<typeof outputOf>[0], 'failed' | 'notThere'>,
  signal: AbortSignal,
): Promise<Date | undefined> {
  const argv = ['coredumpctl', '--quiet', '--no-pager', '--json=short', 'list', pid] as const;
  try {
    const pieces: Buffer[] = [];
    for await (const piece of outputOf({ argv: [...argv], ...errors }, signal)) pieces.push(piece);
    const found = listSchema.parse(JSON.parse(Buffer.concat(pieces).toString()));
    return new Date(Math.max(...found.map(({ time }) => time)) / 1_000);
  } catch {
    signal.throwIfAborted();
    return undefined;
  }
}

/** Microseconds of the Unix epoch. */
const listSchema = z.array(z.looseObject({ time: z.number() })).min(1);
