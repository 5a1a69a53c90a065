import type { Releaser } from '../graph/releaser.js';
import type { Bucket } from '../model/snapshot.js';
import { objectsOf, type WaitObject } from '../model/wait-object.js';
import type { RuleInput } from '../rules/rule.js';

/** Call the program's code for a request: its client waits for the answer. */
const handling: ReadonlySet<string> = new Set([
  'net/http.serverHandler.ServeHTTP',
  'google.golang.org/grpc.(*Server).handleStream',
]);

export const amongThemselves =
  'it works for a request, and all that were seen to come to end its wait wait for the same';

/** Goroutines that work for a request: its handler, and those that it waits for in a group. */
export function forRequests({ graph }: Pick<RuleInput, 'graph'>): ReadonlySet<string> {
  const handlers = graph.buckets.filter(({ signature }) =>
    signature.frames.some((frame) => handling.has(frame.function)),
  );
  const workers = handlers
    .filter(({ wait }) => wait.kind === 'sync' && wait.mode === 'wait')
    .flatMap((handler) => objectsOf(handler).flatMap((object) => graph.releasers.get(object) ?? []))
    .flatMap((r) => (r.kind === 'bucket' && r.certain ? [r.bucket] : []));
  return new Set([...handlers.map(({ key }) => key), ...workers]);
}

/**
 * Who works for a request has work, and waits for something it needs. Where nobody was seen to bring that but goroutines
 * that wait for it as well, as those do that have all of a pool and want more of it, only a new request might.
 */
export function waitsAmongThemselves(
  bucket: Bucket,
  { graph, searches }: RuleInput,
  servers: (object: WaitObject) => readonly Extract<Releaser, { kind: 'bucket' }>[],
): boolean {
  const objects = objectsOf(bucket);
  const waiters = (object: WaitObject) =>
    new Set(graph.buckets.filter((one) => objectsOf(one).includes(object)).map(({ key }) => key));
  return (
    objects.length > 0 &&
    objects.every((object) => {
      const kinds = searches.get(object)?.operations.map(({ kind }) => kind) ?? [];
      if (kinds.some((kind) => kind === 'cancel' || kind === 'reset')) return false;
      const seen = servers(object).filter((r) => r.passing !== true);
      const same = waiters(object);
      return seen.length > 0 && seen.every((r) => same.has(r.bucket));
    })
  );
}
