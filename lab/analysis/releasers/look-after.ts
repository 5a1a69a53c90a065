import type { Snapshot } from '../model/snapshot.js';
import type { Meaning } from './meaning.js';

/**
 * A clock wakes it, and it comes to the operation only where it then finds that there is need for it: whoever waits may be
 * passed by each time.
 */
export function isLookingAfter({ spot, bucket: { wait } }: Meaning, channels: Snapshot['channels']): boolean {
  if (spot.skips !== true) return false;
  if (wait.kind === 'live') return wait.why === 'sleep';
  return (
    wait.kind === 'channel' &&
    wait.cases.some(({ channel }) => channels.get(channel)?.wokenFromOutside !== undefined)
  );
}
