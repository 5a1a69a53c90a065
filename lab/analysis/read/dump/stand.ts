import { isLiveReason } from '../../../goruntime/wait-reasons.js';
import type { Frame } from '../../model/frames.js';
import { inSync, isOnce } from '../../model/frames.js';
import { type ChannelCase, isPrivateRuntime, type Wait } from '../../model/snapshot.js';
import type { DumpGroup } from './signatures.js';
import { type SyncStand, syncStandOf } from './sync-words.js';

/** How the goroutines of one stack wait, before their objects are told apart. */
export type Stand =
  | { readonly kind: 'settled'; readonly wait: Wait }
  | { readonly kind: 'channel'; readonly frame: number; readonly directions: readonly Direction[] }
  | { readonly kind: 'sync'; readonly frame: number; readonly sync: SyncStand };

export type Direction = ChannelCase['direction'];

const both: readonly Direction[] = ['send', 'receive'];

/** What the header of its traceback and the functions on its stack tell of a goroutine's wait. */
export function standOf({ signature }: DumpGroup): Stand {
  const { waitReason: reason, status, frames } = signature;
  const settled = (wait: Wait): Stand => ({ kind: 'settled', wait });
  const live = (why: string) => settled({ kind: 'live', why });
  const unknown = (why: string) => settled({ kind: 'unknown', why });
  if (status !== 'waiting') return live(status === 'other' ? 'no wait is told' : status);
  if (isLiveReason(reason)) return live(reason);
  if (reason === 'select (no cases)') return settled({ kind: 'empty-select' });
  const [, nil] = /^chan (send|receive) \(nil chan\)$/.exec(reason) ?? [];
  if (nil !== undefined) return settled({ kind: 'nil-channel', direction: nil as Direction });
  const [first] = frames;
  if (first === undefined) return unknown('its stack is not in the dump');
  const sync = syncStandOf(frames);
  if (sync === 'live') return live('a lock inside of package sync');
  const at = frames.findIndex((frame) => !isPrivateRuntime(frame.function));
  switch (reason) {
    case 'chan send':
    case 'chan receive':
      return { kind: 'channel', frame: at, directions: [reason === 'chan send' ? 'send' : 'receive'] };
    case 'select':
      return { kind: 'channel', frame: at, directions: both };
    case '':
      // A form without reasons: what the functions do tells it.
      if (at < 0 || fromOutside.test(frames[at]?.function ?? '')) return live(first.function);
      if (sync === undefined) return { kind: 'channel', frame: at, directions: both };
  }
  if (sync === undefined) return unknown(reason);
  return { kind: 'sync', frame: syncFrameIn(frames), sync };
}

/** The innermost functions of goroutines that the network, a clock or a system call will wake. */
const fromOutside =
  /^(?:internal\/poll\.runtime_pollWait|time\.Sleep|syscall\.\w*[sS]yscall\w*|os\/signal\.signal_recv|runtime\/pprof\.\w+)$/;

/** Where the program calls `Lock`, `Wait` and so on; of a Once, the frame that keeps its lock. */
function syncFrameIn(frames: readonly Frame[]): number {
  const caller = frames.findIndex((frame) => !inSync(frame));
  const once = frames.slice(0, Math.max(caller, 0)).findIndex(isOnce);
  return once >= 0 ? once : caller;
}
