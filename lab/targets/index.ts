import type { LabConfig } from '../config.js';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { localTarget } from './local.js';
import type { SshDeadlines } from './ssh/deadlines.js';
import type { Target } from './target.js';

export interface OpenOptions {
  /** A VM stays as it is afterwards, whoever started it. */
  readonly keep?: boolean;
  /** Receives all that Vagrant writes. */
  readonly logFile?: string;
  /** Of a host over SSH, in place of its own. */
  readonly deadlines?: Partial<SshDeadlines>;
}

/**
 * Opens the target that the configuration names: this machine, a host over SSH, or the VM. The environment variable
 * `LAB_SSH_CONFIG` names a file to read in place of `~/.ssh/config`. A run keeps the folder of the host that it works in;
 * without one, `LAB_TARGET_FOLDER` names it.
 */
export async function openTarget(
  {
    target,
    targetFolder,
    offlineBox = false,
  }: Pick<LabConfig, 'target'> & Partial<Pick<LabConfig, 'targetFolder' | 'offlineBox'>>,
  emit: Emit,
  signal: AbortSignal,
  { keep = false, logFile, deadlines = {} }: OpenOptions = {},
): Promise<Target> {
  if (target === 'local') return localTarget();
  if (target === 'vagrant') {
    const { openVm } = await import('../vm/open.js');
    return await openVm({ keep, offlineBox, ...(logFile === undefined ? {} : { logFile }) }, emit, signal);
  }
  // What speaks SSH takes a while to load, and most runs stay here.
  const { parseSshTarget, sshTarget } = await import('./ssh/index.js');
  const config = process.env['LAB_SSH_CONFIG'];
  const workFolder = targetFolder ?? targetFolderNow();
  return await sshTarget(
    {
      ...{ ...parseSshTarget(target), deadlines },
      ...(config ? { config } : {}),
      ...(workFolder ? { workFolder } : {}),
    },
    signal,
  );
}

/** The folder of a host that `LAB_TARGET_FOLDER` names; empty when it names none. Throws `usage` for a relative one. */
export function targetFolderNow(): string {
  const folder = process.env['LAB_TARGET_FOLDER'] ?? '';
  if (folder === '' || folder.startsWith('/')) return folder;
  throw new LabError(`LAB_TARGET_FOLDER is ${folder}, not an absolute path`, {
    code: 'usage',
    hint: 'name a folder of the host from its root on, for example /var/tmp/lab',
  });
}
