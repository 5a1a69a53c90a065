import { channelRule, channelsText, verbFor } from './channel-shape.js';
import { behind, goroutinesOf } from './rule.js';

/** Goroutines wait for a timer that is not running: it was stopped, or has fired and its value was taken already. */
export const stoppedTimer = channelRule('stopped-timer', 'timer', (knot, input) => ({
  summary: `${goroutinesOf(knot.buckets)} ${verbFor(knot, 'waits', 'wait')} to receive from ${channelsText(knot, input)}, the channel of a timer that is not running${behind(knot.victims)}.`,
  explanation:
    'The timer was stopped, or it has fired and its value was received already; the runtime sends nothing more, and ' +
    'no goroutine that could reset the timer can still get there.',
  suggestion:
    'Drain a timer without waiting: `select { case <-t.C: default: }`, and only where Stop returned false; since Go 1.23 no drain is needed at all.',
  roles: new Map(knot.buckets.map((bucket) => [bucket.key, 'waits for a timer that is not running'])),
}));
