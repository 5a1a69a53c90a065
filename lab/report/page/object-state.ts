import type { Resource } from '../../analysis/model/diagnosis.js';

/** The state of a channel or lock in a few words; empty when nothing is known of it. */
export function objectState({ kind, len, cap, closed, waiters }: Resource): string {
  const fill =
    cap === undefined ? kind : cap === 0 ? `${kind}, unbuffered` : `${kind}, ${len ?? 0} of ${cap} full`;
  const queue =
    waiters === undefined || cap !== undefined
      ? []
      : [`${(waiters.send + waiters.recv).toLocaleString('en-US')} in its queue`];
  return [fill, ...(closed === true ? ['closed'] : []), ...queue].join(', ');
}
