import { open } from 'node:fs/promises';
import { LabError } from '../errors.js';
import { hashFile, writeSparse } from '../sparse-file.js';
import type { Target } from '../targets/target.js';

/** SHA-256 of a file of the target, hex, as `sha256sum` prints it. */
export async function sha256(target: Target, path: string, signal: AbortSignal): Promise<string> {
  if (target.kind === 'local') return hashFile(path, signal);
  const result = await target.exec(['sha256sum', '--', path], { signal });
  const hash = /^\\?([0-9a-f]{64}) /.exec(result.stdout)?.[1];
  if (result.exitCode === 0 && hash !== undefined) return hash;
  throw new LabError(`sha256sum of ${path} failed: ${result.stderr.trim()}`, {
    code: 'target',
    hint: 'look whether the disk of the target is healthy',
  });
}

/**
 * Copies a file of this machine, leaving out all that is zero, and returns its SHA-256: one pass over bytes
 * that are still in the page cache. The copy does not exist yet; it gets mode 0600. Punching holes into the
 * file itself costs a pass more, and reading holes afterwards costs more than reading data.
 */
export async function copySparse(from: string, to: string, signal: AbortSignal): Promise<string> {
  await using copy = await open(to, 'wx', 0o600);
  let size = 0;
  const hash = await hashFile(from, signal, async (bytes, at) => {
    size = at + bytes.length;
    await writeSparse(copy, bytes, at);
  });
  await copy.truncate(size);
  return hash;
}
