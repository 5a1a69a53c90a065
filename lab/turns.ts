import { setImmediate as nextTurn } from 'node:timers/promises';

/** Milliseconds after which signals and answers come through. */
const perTurn = 50;

/** For long loops that wait for nothing: lets others have their turn now and then; throws when the work is to end. */
export function turns(signal: AbortSignal): () => Promise<void> | undefined {
  let since = performance.now();
  const turn = async () => {
    await nextTurn();
    since = performance.now();
    signal.throwIfAborted();
  };
  return () => (performance.now() - since < perTurn ? undefined : turn());
}
