import type { Edge, Finding } from '../../analysis/diagnosis.js';

/**
 * Whether a lock is not held by the goroutine at the end of this edge: that one waits for the lock itself, as the
 * writer that is queued first, and keeps out whoever comes later.
 */
export function isQueuedBehind({ from, to, relation }: Edge, { rootCause }: Finding): boolean {
  if (relation !== 'held-by') return false;
  const addressOf = (id: string) => rootCause.resources.find((one) => one.id === id)?.address;
  const writer = rootCause.goroutines.find(({ id }) => `G${id}` === to);
  const own = writer?.waitsFor.find((id) => addressOf(id) === addressOf(from));
  if (writer?.waitReason !== 'sync.RWMutex.Lock' || own === undefined) return false;
  return rootCause.edges.some((edge) => edge.relation === 'held-by' && edge.from === own && edge.to !== to);
}
