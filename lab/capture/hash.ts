import { LabError } from '../errors.js';
import { hashFile } from '../sparse-file.js';
import type { Target } from '../targets/target.js';

export { copySparse } from '../sparse-file.js';

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
