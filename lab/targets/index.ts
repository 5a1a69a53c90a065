import type { LabConfig } from '../config.js';
import { LabError } from '../errors.js';
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
 * `LAB_SSH_CONFIG` names a file to read in place of `~/.ssh/config`, `LAB_TARGET_FOLDER` a folder of the host to work in.
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
  const workFolder = process.env['LAB_TARGET_FOLDER'];
  if (workFolder && !workFolder.startsWith('/')) {
    throw new LabError(`LAB_TARGET_FOLDER is ${workFolder}, not an absolute path`, {
      code: 'usage',
      hint: 'name a folder of the host from its root on, for example /var/tmp/lab',
    });
  }
  return await sshTarget(
    { ...parseSshTarget(target), ...(config ? { config } : {}), ...(workFolder ? { workFolder } : {}) },
    signal,
  );
}
