import type { DutyState, Excuse, Suspicion } from './duty-state.js';

/** Bytes a second from which on a process that computes is thought to serve others. */
const servingRate = 1_024;
/** Probes that ran into their timeout, the newest, of which the kernel must have completed the connection. */
const newest = 2;

/** Why a suspicion is no hang after all, when it is looked at for the second time; `undefined` where it is one. */
export function excuseOf(
  state: DutyState,
  suspicion: Suspicion,
): { readonly as: Excuse; readonly why: string } | undefined {
  const { host, service } = state;
  const before = suspicion.host;
  if (host === undefined || before === undefined) return undefined;
  if (
    service?.progress !== undefined &&
    suspicion.progress !== undefined &&
    service.progress !== suspicion.progress
  )
    return { as: suspicion.isBusy ? 'overloaded' : 'slow', why: 'its counter moves' };
  // A stall that has just ended is none of the service's own.
  const onDisk = Math.max(host.uninterruptible, before.uninterruptible);
  if (onDisk > 0) return { as: 'disk', why: `${onDisk} of its threads wait for a disk` };
  if (suspicion.by === 'probes' && !arrives(state))
    return { as: 'unreachable', why: 'no connection to it is completed, and none waits to be accepted' };
  if (suspicion.isBusy && host.written !== undefined && before.written !== undefined) {
    const rate = ((host.written - before.written) * 1_000) / Math.max(1, host.at - before.at);
    if (rate >= servingRate)
      return { as: 'overloaded', why: `it computes and writes ${Math.round(rate / 1_024)} kB a second` };
  }
  return undefined;
}

/** The kernel answers for a process that hangs: a connection that is not even completed was lost on its way. */
function arrives({ detector, host }: DutyState): boolean {
  const timedOut = detector.probes.filter(({ kind }) => kind === 'timed-out').slice(-newest);
  const completed = timedOut.every((probe) => probe.kind === 'timed-out' && probe.connected);
  return (timedOut.length > 0 && completed) || (host?.queued ?? 0) > 0;
}
