import type { Bucket } from '../model/snapshot.js';
import { agree, type Claim, goroutinesOf, type RuleInput } from './rule.js';

/**
 * A handler ends its own server and waits for that: `Shutdown` looks again and again whether all requests are done. A
 * connection that was taken over by its handler is none of them, which the stack does not tell: suspected at most.
 */
export const shutdownClaims = ({ graph, shutdowns }: RuleInput): readonly Claim[] =>
  graph.buckets.flatMap((bucket) => {
    const found = shutdowns?.get(bucket.key);
    return found === undefined ? [] : [claimOf(bucket, found === 'seen')];
  });

function claimOf(bucket: Bucket, isSeen: boolean): Claim {
  const asks = agree([bucket], 'waits', 'wait');
  return {
    rule: 'self-wait',
    class: 'livelock',
    subtype: 'busy-wait',
    certainty: 'suspected',
    knot: { buckets: [bucket], objects: [], victims: [], starved: [] },
    summary: `${goroutinesOf([bucket])} ${asks} in http.Server.Shutdown for the end of all requests, ${agree([bucket], 'one of which is its own', 'some of which are their own')}.`,
    explanation: `Shutdown was called by a handler${isSeen ? ' of this very server' : ''}, and its context has no end. It looks twice a second whether every connection is idle; the one of this request is not before the handler returns. ${isSeen ? 'Only' : 'Whether it is the same server could not be read; and only'} where the handler has taken over its connection, something else keeps it.`,
    suggestion:
      'Answer the request and call Shutdown in a goroutine of its own, with a context that has a deadline.',
    roles: new Map([[bucket.key, 'waits in Shutdown for the end of its own request']]),
  };
}
