import { LabError } from '../errors.js';
import { hashFile } from '../sparse-file.js';
import type { Target } from '../targets/target.js';

export { copySparse } from '../sparse-file.js';

/** SHA-256 of a file of the target, hex, as `sha256sum` prints it. */
export async function sha256(target: Target, path: string, signal: AbortSignal): Promise<string> {
  if (target.kind === 'local') return hashFile(path, signal);
  const ask = async (...command: readonly string[]) => {
    const result = await target.exec([...command, path], { signal });
    return { result, hash: /^\\?([0-9a-f]{64}) /.exec(result.stdout)?.[1] };
  };
  // Four times as fast where it is installed.
  const quick = await ask('openssl', 'dgst', '-sha256', '-r').catch((error: unknown) => {
    if (error instanceof LabError && error.code === 'missing-tool') return undefined;
    throw error;
  });
  if (quick?.result.exitCode === 0 && quick.hash !== undefined) return quick.hash;
  const { result, hash } = await ask('sha256sum', '--');
  if (result.exitCode === 0 && hash !== undefined) return hash;
  throw new LabError(`sha256sum of ${path} failed: ${result.stderr.trim()}`, {
    code: 'target',
    hint: 'look whether the disk of the target is healthy',
  });
}
