import { LabError } from '../errors.js';
import type { Target } from '../targets/target.js';
import { parseCoreLimit } from '../toolchain/machine.js';
import { statusOf } from './core-status.js';

/**
 * Raises the limit of the process's core as far as rights go: without an end, or its soft limit up to the hard one. Throws
 * `missing-permission` when that is less than `needed` bytes, with the one command that mends it.
 */
export async function raiseCoreLimit(
  target: Target,
  pid: number,
  needed: number,
  signal: AbortSignal,
): Promise<void> {
  const raise = `prlimit --pid ${pid} --core=unlimited:unlimited`;
  const before = parseCoreLimit((await target.readFile(`/proc/${pid}/limits`, signal)) ?? '');
  if (before?.soft === Number.POSITIVE_INFINITY) return;
  const whole = await target.exec(raise.split(' '), { signal }).catch((error: unknown) => {
    if (!(error instanceof LabError) || error.code !== 'missing-tool') throw error;
    throw new LabError(`prlimit, which raises the limit of cores, is not installed on ${target.name}`, {
      code: 'missing-tool',
      hint: 'sudo apt-get install util-linux',
      cause: error,
    });
  });
  if (whole.exitCode === 0) return;
  const hard = before?.hard ?? 0;
  if (hard >= needed && hard > 0) {
    const soft = hard === Number.POSITIVE_INFINITY ? 'unlimited' : String(hard);
    const part = await target.exec(['prlimit', '--pid', String(pid), `--core=${soft}:${soft}`], { signal });
    if (part.exitCode === 0) return;
  }
  // A user may always go up to the hard limit; root without CAP_SYS_RESOURCE, as in a container, may not for others.
  const isHigh = hard >= needed && hard > 0;
  const most = isHigh ? 'cannot be raised' : `ends at ${hard} bytes, and about ${needed} are needed`;
  const { uid } = await statusOf(target, pid, signal);
  const command = isHigh ? `sudo -u '#${uid}' prlimit --pid ${pid} --core=unlimited` : `sudo ${raise}`;
  throw new LabError(`the limit of cores of process ${pid} ${most}: ${whole.stderr.trim()}`, {
    code: 'missing-permission',
    hint: target.kind === 'local' ? command : `on ${target.name}: ${command}`,
  });
}
