import { isSyncObject, type Knot, peersOf } from '../wait-for-graph.js';
import {
  behind,
  type Claim,
  channelOf,
  countOf,
  directionOf,
  fillOf,
  goroutinesOf,
  listed,
  type Rule,
  type RuleInput,
} from './rule.js';
import { selfBlockedConsumer } from './self-blocked-consumer.js';

const name = 'channel-knot';

/**
 * A closed set of goroutines that wait for channels which only members of the set could serve; and channels that
 * nobody is left to serve. The self-blocked consumer, which has a rule of its own, is left to it.
 */
export const channelKnot: Rule = {
  name,
  apply(input) {
    const special = new Set(selfBlockedConsumer.apply(input).flatMap((claim) => claim.knot.objects));
    const open = (knot: Knot) =>
      knot.objects.length > 0 &&
      !knot.objects.some((object) => special.has(object) || isSyncObject(object)) &&
      !keepsProgramRunning(knot, input);
    return [
      ...input.knots.filter(open).map((knot) => claimOf(knot, 'strong', input)),
      ...input.suspectedKnots.filter(open).map((knot) => claimOf(knot, 'suspected', input)),
    ];
  },
};

/** `<-make(chan int)` in main, on a channel that nothing in the program ever serves: a way to write `select {}`. */
function keepsProgramRunning({ cells, objects, victims, starved }: Knot, input: RuleInput): boolean {
  const [cell] = cells;
  return (
    input.someoneRuns &&
    cells.length === 1 &&
    cell?.count === 1 &&
    cell.ids[0] === 1 &&
    victims.length + starved.length === 0 &&
    objects.every(
      (object) => directionOf(object) === 'receive' && input.searches.get(object)?.operations.length === 0,
    )
  );
}

function claimOf(knot: Knot, certainty: Claim['certainty'], input: RuleInput): Claim {
  const abandoned = knot.objects.every(
    (object) => peersOf(object, input.graph.releasers.get(object) ?? []).length === 0,
  );
  const names = knot.objects.map((object) => {
    const channel = channelOf(object);
    return `${input.nameOf(channel)} (${fillOf(input.graph.channels.get(channel))})`;
  });
  const shared = { rule: name, class: 'communication', subtype: 'channel', certainty, knot } as const;
  return abandoned ? { ...shared, ...abandonedText(knot, names) } : { ...shared, ...ringText(knot, names) };
}

function abandonedText(knot: Knot, names: readonly string[]) {
  const sending = directionOf(knot.objects[0] ?? '') === 'send';
  const verb = countOf(knot.cells) === 1 ? 'waits' : 'wait';
  const missing = sending ? 'receive from it' : 'send to it or close it';
  return {
    summary:
      `${goroutinesOf(knot.cells)} ${verb} to ${sending ? 'send to' : 'receive from'} ${listed(names)}, ` +
      `and nobody is left to ${missing}${behind(knot.victims)}.`,
    explanation:
      'Every operation on the channel in the sources was looked at: no goroutine stands before one that would end ' +
      'the wait, and no code that can still be called leads to one on this channel.',
    suggestion: sending
      ? 'Keep a receiver until the senders are done, or let the sender give up: a buffered channel, or a select with a done channel or a context.'
      : 'Close the channel when the last sender is done, or let the receiver give up: a select with a done channel or a context.',
    roles: new Map(knot.cells.map((cell) => [cell.key, `waits for a peer that does not exist`])),
  };
}

function ringText(knot: Knot, names: readonly string[]) {
  return {
    summary: `${goroutinesOf(knot.cells)} wait for one another over ${listed(names)}${behind(knot.victims)}.`,
    explanation:
      'Each of these channels can be served only by goroutines of this set, and each of them waits for another ' +
      'channel of the set: none can make the first step.',
    suggestion:
      'Break the ring: give one of the channels a reader that never sends to the others, or let one of the sends ' +
      'give up with a select.',
    roles: new Map(
      knot.cells.map((cell) => [cell.key, `waits in ${cell.signature.userLocation.function}`] as const),
    ),
  };
}
