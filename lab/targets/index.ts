import type { LabConfig } from '../config.js';
import type { Emit } from '../events.js';
import { localTarget } from './local.js';
import type { Target } from './target.js';

/**
 * Opens the target that the configuration names: this machine, a host over SSH, or the VM. The environment variable
 * `LAB_SSH_CONFIG` names a file to read in place of `~/.ssh/config`.
 */
export async function openTarget(
  { target }: Pick<LabConfig, 'target'>,
  _emit: Emit,
  signal: AbortSignal,
): Promise<Target> {
  if (target === 'local') return localTarget();
  // What speaks SSH takes a while to load, and most runs stay here.
  const { parseSshTarget, sshTarget } = await import('./ssh/index.js');
  const config = process.env['LAB_SSH_CONFIG'];
  return await sshTarget({ ...parseSshTarget(target), ...(config ? { config } : {}) }, signal);
}
