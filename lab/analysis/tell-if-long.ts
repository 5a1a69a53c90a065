import type { Emit } from '../events.js';

/** Says what is being done once it has taken longer than a second; of quick work nothing. */
export async function tellIfLong<T>(
  emit: Emit,
  text: string,
  work: () => Promise<T>,
  afterMs = 1_000,
): Promise<T> {
  const timer = setTimeout(() => emit({ type: 'note', text }), afterMs);
  try {
    return await work();
  } finally {
    clearTimeout(timer);
  }
}
