import type { Knot } from '../graph/knots.js';
import { objectsOf } from '../model/wait-object.js';
import type { ChannelHistory } from '../releasers/search.js';
import { channelRule, channelsText, verbFor } from './channel-shape.js';
import { frameIn } from './departed-receivers.js';
import { placesText } from './forgotten-close.js';
import { agree, behind, type Claim, goroutinesOf, memorySays, type RuleInput } from './rule.js';

/** Goroutines send to a channel that is full, and its receiver has gone: a timeout, the first result. */
export const leakedSender = channelRule('leaked-sender', 'leaked-sender', (knot, input, certainty) => {
  const sent = { ...knot, objects: knot.objects.filter(({ mode }) => mode === 'send') };
  const all = sent.objects.flatMap((object) => input.searches.get(object)?.story?.departures ?? []);
  const known = [
    ...new Map(all.map((departure) => [`${departure.file}:${departure.line}`, departure])).values(),
  ];
  // Other functions may receive from channels of the same name that they make themselves.
  const own = known.filter(({ made }) => made);
  const departures = own.length > 0 ? own : known;
  const told = departures
    .slice(0, maxTold)
    .map((departure) => `${departureText(departure, certainty)}${standingText(departure, knot)}`);
  const more = departures.length - told.length;
  if (more > 0) told.push(`${more} more places receive from it, and no goroutine is left to get there`);
  const missed = missedClose(knot, input);
  return {
    summary: `${goroutinesOf(knot.buckets)} ${verbFor(knot, 'waits', 'wait')} to send to ${channelsText(sent, input)}, whose receiver ${departures.some((one) => isStillThere(one, knot)) ? 'has gone on to something else' : 'has returned'}${behind(knot.victims)}.`,
    explanation: `${sentence(told.join('; '))}${missed === undefined ? '' : ` ${missed.text}`}${certainty === 'proved' ? ` ${memorySays(knot, input)}` : ''}`,
    suggestion: departures.some((one) => isStillThere(one, knot))
      ? keepReceiving
      : (missed?.suggestion ??
        'Give the channel room for every value that may come after its receiver has returned, or let the sender give up: a select with a done channel or a context that ends when the receiver returns.'),
    roles: new Map(
      knot.buckets.map((bucket) => [bucket.key, 'sends to a channel that nobody receives from']),
    ),
  };
});

/** The select of the senders has a way out, and who would close that channel has left before. */
function missedClose({ buckets }: Knot, { searches, nameOf }: RuleInput) {
  const [sender] = buckets;
  for (const object of sender === undefined ? [] : objectsOf(sender)) {
    if (object.mode !== 'receive') continue;
    const closes = (searches.get(object)?.story?.closes ?? []).filter((one) => one.leftBefore !== undefined);
    const [close] = closes;
    if (close === undefined) continue;
    const name = nameOf(object.address);
    return {
      text: `The select would also end by a close of ${name}: it is closed at ${placesText(closes)}, and nobody is left to get there.`,
      suggestion: `Close ${name} on every way out of ${close.function}: with defer.`,
    };
  }
  return undefined;
}

const keepReceiving =
  'Let the receiver go on receiving until nothing more can come: ask to be left out from another goroutine, and drain the channel meanwhile; or let the sender give up: a select with a default, or with a channel that the receiver closes first.';

const maxTold = 3;

const sentence = (text: string) => `${text.replace(/^a /, 'A ')}.`;

type Departure = ChannelHistory['departures'][number];

function departureText(
  { function: fn, file, line, how, at, made, onStack }: Departure,
  certainty: Claim['certainty'],
): string {
  const gone =
    certainty === 'proved' && (onStack || !made)
      ? 'and no goroutine that can still run has this channel'
      : onStack
        ? 'and no goroutine in it can come back to that line with this channel'
        : made
          ? 'and that function, which made the channel, has returned'
          : 'and no goroutine is in that function any more';
  return `${fn} receives from it at ${file}:${line} ${ways[how](at)}, ${gone}`;
}

/** Goroutines that are stuck themselves, in the function that received before. */
const stuckIn = (departure: Departure, { starved, victims }: Knot) =>
  [...starved, ...victims].flatMap((bucket) => {
    const frame = frameIn(departure, bucket);
    return frame === undefined ? [] : [{ bucket, frame }];
  });

const isStillThere = (departure: Departure, knot: Knot) => stuckIn(departure, knot).length > 0;

function standingText(departure: Departure, knot: Knot): string {
  const stuck = stuckIn(departure, knot);
  const [first] = stuck;
  if (first === undefined) return '';
  const buckets = stuck.map(({ bucket }) => bucket);
  const { file, line } = first.frame;
  return `: ${goroutinesOf(buckets).toLowerCase()} in it ${agree(buckets, 'is', 'are')} stuck at ${file}:${line}`;
}

const ways: Readonly<Record<Departure['how'], (at: number) => string>> = {
  timeout: (at) => `unless it times out first (line ${at})`,
  context: (at) => `unless its context ends first (line ${at})`,
  'other case': (at) => `unless the select takes another case (line ${at})`,
  return: (at) => `but may return before, at line ${at}`,
  once: () => 'once',
  end: () => 'in a loop that has ended',
};
