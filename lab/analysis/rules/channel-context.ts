import type { Knot } from '../graph/knots.js';
import { nobodyServes } from '../graph/releaser.js';
import { objectsOf } from '../model/wait-object.js';
import type { ContextOrigin } from '../releasers/search.js';
import { channelRule, channelsText, verbFor } from './channel-shape.js';
import { behind, goroutinesOf, listed, type RuleInput } from './rule.js';

/** Goroutines wait for the end of a context whose cancel function nobody can call any more. */
export const channelContext = channelRule('channel-context', 'context', (knot, input) => {
  const contexts = knot.objects.filter((object) => input.searches.get(object)?.contexts !== undefined);
  const origins = contexts.flatMap((object) => input.searches.get(object)?.contexts ?? []);
  const known = [...new Map(origins.map((origin) => [`${origin.file}:${origin.line}`, origin])).values()];
  const discarded = known.every((origin) => origin.discarded);
  const inside = knot.objects.some((object) => (input.graph.releasers.get(object) ?? []).length > 0);
  const why = discarded
    ? 'whose cancel function was discarded'
    : inside
      ? 'which only goroutines that are blocked too could cancel'
      : 'which nobody is left to cancel';
  return {
    subtype: 'channel-context',
    summary: `${goroutinesOf(knot.buckets)} ${verbFor(knot, 'waits', 'wait')} for the end of a context, ${why}: ${channelsText(inside ? knot : { ...knot, objects: contexts }, input)}${behind(knot.victims)}.`,
    explanation: `${known.slice(0, 4).map(originText).join('; ')}. It has no deadline, and neither has a parent of it.${besideText(knot, input)}`,
    suggestion:
      'Keep the cancel function and call it on every way out (defer cancel()), in a goroutine that does not wait for those that wait for the context; or give the context a deadline.',
    roles: new Map(
      knot.buckets.map((bucket) => {
        const waits = objectsOf(bucket).some((object) => input.searches.get(object)?.contexts !== undefined);
        return [
          bucket.key,
          waits ? 'waits for a context that is never cancelled' : 'waits before it could cancel',
        ];
      }),
    ),
  };
});

/** The other cases of a select that no context ends, where nobody serves them either. */
function besideText({ objects }: Knot, input: RuleInput): string {
  const others = objects.filter((object) => input.searches.get(object)?.contexts === undefined);
  if (others.length === 0 || !nobodyServes(others, input.graph.releasers)) return '';
  const names = (sends: boolean) => {
    const of = others.filter(({ mode }) => (mode === 'send') === sends);
    return listed(of.map(({ address }) => input.nameOf(address)));
  };
  const texts = [
    [names(false), 'send to', 'or close it'],
    [names(true), 'receive from', ''],
  ].flatMap(([name, verb, or]) => (name === '' ? [] : [`${verb} ${name} ${or}`.trimEnd()]));
  return ` Nobody is left to ${texts.join(', or to ')} either.`;
}

function originText({ name, function: fn, file, line, discarded, cancels }: ContextOrigin): string {
  const made = `${name} is made in ${fn} at ${file}:${line}`;
  if (discarded) return `${made}, where its cancel function is assigned to _`;
  if (cancels.length === 0) return `${made}, and nothing in the executable calls its cancel function`;
  const places = cancels.slice(0, 3).map((cancel) => `${cancel.file}:${cancel.line}`);
  return `${made}; it is cancelled at ${places.join(', ')}, and no goroutine outside this set can still get there`;
}
