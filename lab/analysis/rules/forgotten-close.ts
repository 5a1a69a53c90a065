import type { OperationPlace } from '../releasers/search.js';
import { channelRule, channelsText, verbFor } from './channel-shape.js';
import { behind, goroutinesOf, memorySays } from './rule.js';

/** Receivers wait on a channel whose senders have all ended, and which nobody is left to close. */
export const forgottenClose = channelRule('forgotten-close', 'forgotten-close', (knot, input, certainty) => {
  const stories = knot.objects.flatMap((object) => input.searches.get(object)?.story ?? []);
  const closes = stories.flatMap((story) => story.closes);
  const sends = stories.flatMap((story) => story.sends);
  const byMemory = certainty === 'proved';
  const missed =
    closes.length === 0
      ? 'No line of the program closes it.'
      : `${listed(closes, 'is closed')}, ${byMemory ? 'by nobody who can still run and has it' : 'but no goroutine can still get there with this channel'}.`;
  return {
    summary: `${goroutinesOf(knot.buckets)} ${verbFor(knot, 'waits', 'wait')} to receive from ${channelsText(knot, input)}, whose senders have all ended without closing it${behind(knot.victims)}.`,
    explanation: `${sends.length === 0 ? 'Nothing is ever sent to it.' : `${listed(sends, 'is sent to')}: ${byMemory ? 'by goroutines that have returned or are stuck themselves' : 'no goroutine is on its way to a send, and no code that can still be called leads to one on this channel'}.`} ${missed}${byMemory ? ` ${memorySays(knot, input)}` : ''}`,
    suggestion:
      closes.length === 0 && sends.some(({ leftBefore }) => leftBefore !== undefined)
        ? answerAlways
        : 'Close the channel when the last sender is done, on every way out (defer close, or a goroutine that waits for all senders and closes then); or let the receiver give up: a select with a done channel or a context.',
    roles: new Map(
      knot.buckets.map((bucket) => [bucket.key, 'waits for a value or a close that never comes']),
    ),
  };
});

const answerAlways =
  'Send on every way out of the function, an error or an empty answer as well, or close the channel there; or let the receiver give up: a select with a done channel or a context.';

const leftText = ({ leftBefore }: OperationPlace) =>
  leftBefore === undefined ? '' : `, which may return before, at line ${leftBefore}`;

const maxPlaces = 4;

function listed(places: readonly OperationPlace[], verb: string): string {
  return `It ${verb} at ${placesText(places)}`;
}

export function placesText(places: readonly OperationPlace[]): string {
  const all = [...new Set(places.map((p) => `${p.file}:${p.line} (${p.function}${leftText(p)})`))];
  const shown = all.slice(0, maxPlaces);
  const more = all.length - shown.length;
  return `${shown.join(', ')}${more > 0 ? ` and ${more} more places` : ''}`;
}
