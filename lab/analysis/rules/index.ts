import { abandonedPipe } from './abandoned-pipe.js';
import { busyWait } from './busy-wait.js';
import { channelContext } from './channel-context.js';
import { channelKnot } from './channel-knot.js';
import { channelLock } from './channel-lock.js';
import { channelRing } from './channel-ring.js';
import { channelWaitGroup } from './channel-waitgroup.js';
import { doubleLock } from './double-lock.js';
import { emptySelect } from './empty-select.js';
import { endlessContext } from './endless-context.js';
import { forgottenClose } from './forgotten-close.js';
import { leakedConnection } from './leaked-connection.js';
import { leakedLock } from './leaked-lock.js';
import { leakedPermit } from './leaked-permit.js';
import { leakedSender } from './leaked-sender.js';
import { lockOrder } from './lock-order.js';
import { lostSignal } from './lost-signal.js';
import { nilChannel } from './nil-channel.js';
import { poolExhaustedByWaiters } from './pool-exhausted-by-waiters.js';
import { poolWaitsForItself } from './pool-waits-for-itself.js';
import { readWriteRead } from './read-write-read.js';
import type { Rule } from './rule.js';
import { runawayRecursion } from './runaway-recursion.js';
import { selfBlockedConsumer } from './self-blocked-consumer.js';
import { selfWait } from './self-wait.js';
import { stoppedTimer } from './stopped-timer.js';
import { undrainedCommand } from './undrained-command.js';
import { unreachableObject } from './unreachable-object.js';
import { waitGroupMisuse } from './waitgroup-misuse.js';

/** Every rule, the most specific first. */
export const rules: readonly Rule[] = [
  selfBlockedConsumer,
  nilChannel,
  endlessContext,
  emptySelect,
  doubleLock,
  leakedLock,
  readWriteRead,
  lockOrder,
  channelLock,
  channelWaitGroup,
  waitGroupMisuse,
  lostSignal,
  selfWait,
  channelContext,
  stoppedTimer,
  poolExhaustedByWaiters,
  leakedConnection,
  leakedPermit,
  abandonedPipe,
  undrainedCommand,
  poolWaitsForItself,
  channelRing,
  leakedSender,
  forgottenClose,
  channelKnot,
  unreachableObject,
  busyWait,
  runawayRecursion,
];
