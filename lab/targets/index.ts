import type { LabConfig } from '../config.js';
import type { Emit } from '../events.js';
import { localTarget } from './local.js';
import type { Target } from './target.js';

export interface OpenOptions {
  /** A VM stays as it is afterwards, whoever started it. */
  readonly keep?: boolean;
  /** Receives all that Vagrant writes. */
  readonly logFile?: string;
}

/**
 * Opens the target that the configuration names: this machine, a host over SSH, or the VM. The environment variable
 * `LAB_SSH_CONFIG` names a file to read in place of `~/.ssh/config`.
 */
export async function openTarget(
  { target, offlineBox = false }: Pick<LabConfig, 'target'> & Partial<Pick<LabConfig, 'offlineBox'>>,
  emit: Emit,
  signal: AbortSignal,
  { keep = false, logFile }: OpenOptions = {},
): Promise<Target> {
  if (target === 'local') return localTarget();
  if (target === 'vagrant') {
    const { openVm } = await import('../vm/open.js');
    return await openVm({ keep, offlineBox, ...(logFile === undefined ? {} : { logFile }) }, emit, signal);
  }
  // What speaks SSH takes a while to load, and most runs stay here.
  const { parseSshTarget, sshTarget } = await import('./ssh/index.js');
  const config = process.env['LAB_SSH_CONFIG'];
  return await sshTarget({ ...parseSshTarget(target), ...(config ? { config } : {}) }, signal);
}
