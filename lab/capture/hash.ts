import { createHash } from 'node:crypto';
import { open } from 'node:fs/promises';
import { LabError } from '../errors.js';
import type { Target } from '../targets/target.js';

const blockSize = 4 << 20;

/** SHA-256 of a file of the target, hex, as `sha256sum` prints it. */
export async function sha256(target: Target, path: string, signal: AbortSignal): Promise<string> {
  if (target.kind === 'local') return hashHere(path, signal);
  const result = await target.exec(['sha256sum', '--', path], { signal });
  const hash = /^\\?([0-9a-f]{64}) /.exec(result.stdout)?.[1];
  if (result.exitCode === 0 && hash !== undefined) return hash;
  throw new LabError(`sha256sum of ${path} failed: ${result.stderr.trim()}`, {
    code: 'target',
    hint: 'look whether the disk of the target is healthy',
  });
}

/** OpenSSL's SHA-256 is four times as fast as that of coreutils: a core of 1.3 GB takes about a second. */
async function hashHere(path: string, signal: AbortSignal): Promise<string> {
  await using file = await open(path, 'r');
  const hash = createHash('sha256');
  const buffers = [Buffer.allocUnsafe(blockSize), Buffer.allocUnsafe(blockSize)] as const;
  let next = file.read(buffers[0], 0, blockSize);
  for (let turn = 0; ; turn++) {
    signal.throwIfAborted();
    const { bytesRead, buffer } = await next;
    if (bytesRead === 0) return hash.digest('hex');
    // The next block is read on another thread while this one is hashed.
    next = file.read(turn % 2 === 0 ? buffers[1] : buffers[0], 0, blockSize);
    next.catch(() => undefined);
    hash.update(buffer.subarray(0, bytesRead));
  }
}
