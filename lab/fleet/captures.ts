import type { Bundle } from '../capture/bundle.js';
import { captureBundle } from '../capture/capture.js';
import type { CaptureMethod } from '../capture/method.js';
import { messageOf } from '../errors.js';
import type { Emit } from '../events.js';
import type { Instance } from './instance.js';

/** The core of an instance, or why there is none. */
export type Captured =
  | { readonly kind: 'taken'; readonly bundle: Bundle }
  | { readonly kind: 'failed'; readonly why: string };

/** Takes cores one after the other, while the other instances serve. */
export interface Captures {
  /** An instance's turn comes once; asking again changes nothing. */
  want(instance: Instance): void;
  of(name: string): Captured | undefined;
  /** Whether every instance that was asked for has had its turn. */
  idle(): boolean;
  /** Resolves then; rejects with `interrupted` only. */
  settled(): Promise<void>;
}

export function openCaptures(method: CaptureMethod, emit: Emit, signal: AbortSignal): Captures {
  const results = new Map<string, Captured>();
  const asked = new Set<string>();
  let queue: Promise<void> = Promise.resolve();
  let waiting = 0;
  const take = async (instance: Instance): Promise<void> => {
    signal.throwIfAborted();
    const { name, dir, folder, host } = instance;
    const { pid } = instance.server().identity;
    try {
      const bundle = await captureBundle(
        { target: host.target, pid, method, dir, folder },
        quietly(emit),
        signal,
      );
      results.set(name, { kind: 'taken', bundle });
      const pause = `${bundle.pausedMs.toFixed(1)} ms`;
      emit({ type: 'note', text: `${name}: core.${pid} taken, it stood still for ${pause}` });
    } catch (error) {
      signal.throwIfAborted();
      const exit = instance.server().process.exit();
      const why = exit === undefined ? messageOf(error) : `pid ${pid} ended while its core was taken`;
      results.set(name, { kind: 'failed', why });
      emit({ type: 'note', text: `${name}: no core: ${why}` });
    }
  };
  return {
    want(instance) {
      if (asked.has(instance.name)) return;
      asked.add(instance.name);
      waiting += 1;
      queue = queue
        .then(() => take(instance))
        .finally(() => {
          waiting -= 1;
        });
      queue.catch(() => {}); // `settled` tells of it
    },
    of: (name) => results.get(name),
    idle: () => waiting === 0,
    settled: () => queue,
  };
}

/** Of several cores one line each is enough. */
function quietly(emit: Emit): Emit {
  return (event) => {
    if (event.type === 'note') emit(event);
  };
}
