import type { Frame } from '../model/frames.js';
import type { Locators } from '../model/locator.js';
import type { Bucket } from '../model/snapshot.js';

const shutdown = 'net/http.(*Server).Shutdown';
/** Run a handler, of HTTP/1 and HTTP/2, each with the server's own lock as its frame has it. */
const handling: Readonly<Record<string, string>> = {
  'net/http.(*conn).serve': 'c.server.mu',
  'net/http.(*http2serverConn).runHandler': 'sc.hs.mu',
};
/** Its receiver was renamed in Go 1.24. */
const ownLock = ['s.mu', 'srv.mu'];
/** All that is asked of one bucket is the same for its others. */
const mostAsked = 4;

/**
 * Goroutines that wait in `Shutdown`, called from a handler, by the keys of their buckets: whether it was seen that the
 * handler is one of that very server, which then waits for its own end. Only those whose context cannot end: with
 * `context.Background()`, the select has no case but the timer.
 */
export async function shutdownsFromInside(
  buckets: readonly Bucket[],
  { syncObjects }: Locators,
): Promise<ReadonlyMap<string, 'seen' | 'unread'>> {
  const out = new Map<string, 'seen' | 'unread'>();
  for (const bucket of buckets) {
    const { frames } = bucket.signature;
    const polls = frames.find((frame) => frame.function === shutdown);
    const handler = frames.findLast((frame) => handling[frame.function] !== undefined);
    if (polls === undefined || handler === undefined || polls.index > handler.index) continue;
    if (bucket.wait.kind !== 'channel' || bucket.wait.cases.length !== 1) continue;
    const found = await isSame(bucket, polls, handler);
    if (found !== 'other') out.set(bucket.key, found);
  }
  return out;

  async function isSame({ ids }: Bucket, polls: Frame, handler: Frame): Promise<'seen' | 'unread' | 'other'> {
    for (const id of ids.slice(0, mostAsked)) {
      const server = await syncObjects?.address(id, handler.index, handling[handler.function] ?? '');
      for (const lock of ownLock) {
        const ended = await syncObjects?.address(id, polls.index, lock);
        if (typeof server === 'number' && typeof ended === 'number')
          return server === ended ? 'seen' : 'other';
      }
    }
    return 'unread';
  }
}
