import type { Target } from '../targets/target.js';
import { locateHere } from '../toolchain/locate.js';

/**
 * This machine as a target whose processes end with the lab, however it ends: the kernel kills them (util-linux's
 * setpriv). Where that program is missing they end as others do, by the lab's own care.
 */
export async function leashed(target: Target): Promise<Target> {
  const [setpriv] = await locateHere('setpriv');
  if (setpriv === undefined) return target;
  return {
    ...target,
    start: (argv, options) => target.start([setpriv, '--pdeathsig', 'KILL', ...argv], options),
  };
}
