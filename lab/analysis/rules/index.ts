import { channelKnot } from './channel-knot.js';
import { emptySelect } from './empty-select.js';
import { endlessContext } from './endless-context.js';
import { nilChannel } from './nil-channel.js';
import type { Rule } from './rule.js';
import { selfBlockedConsumer } from './self-blocked-consumer.js';

/** Every rule, the most specific first. */
export const rules: readonly Rule[] = [
  selfBlockedConsumer,
  nilChannel,
  endlessContext,
  emptySelect,
  channelKnot,
];
