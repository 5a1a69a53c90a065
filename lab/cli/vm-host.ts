import type { LabConfig } from '../config.js';
import { LabError } from '../errors.js';
import type { Output } from './context.js';
import { withProgress } from './progress.js';

export interface VmUse {
  readonly target: LabConfig['target'];
  /** Whether the machine stays for the commands that come. */
  readonly keep: boolean;
}

/**
 * Where a VM can live on this machine in namespaces of the lab's own only, this very command is run again in there:
 * returns its exit code. Returns `undefined` when the caller is to go on, here.
 */
export async function inVmHost(
  { target, keep }: VmUse,
  output: Output,
  signal: AbortSignal,
): Promise<number | undefined> {
  if (target !== 'vagrant') return undefined;
  const { findPlace } = await import('../vm/place.js');
  if ((await findPlace(signal)).kind !== 'private') return undefined;
  const { againInside, hostRuns } = await import('../vm/private-host.js');
  const { offlineBox } = await import('../vm/offline-box.js');
  // There is no network in there that a box could come from.
  const box =
    process.env['LAB_BOX'] ?? (await withProgress(output, (emit) => offlineBox('root', emit, signal)));
  if (process.argv[1] === undefined) throw new LabError('the lab has no program', { code: 'internal' });
  return await againInside(process.argv.slice(1), { keep: keep || (await hostRuns()), box }, signal);
}
