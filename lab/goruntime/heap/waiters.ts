import { timerOf } from '../channels.js';
import type { Marker } from './marker.js';
import type { ReachSource } from './reach-source.js';
import type { HeapSpans } from './spans.js';
import { targetReader } from './targets.js';

/** Who waits for an object, as lists in arrays: there may be a million of them. */
export function newWaiters() {
  const heads = new Map<number, number>();
  const next: number[] = [0];
  const goroutine: number[] = [0];
  const targets = [0];
  const awake: number[] = [];
  let left = 0;
  return {
    awake,
    /** Objects that are waited for and were not reached. */
    left: () => left,
    has: (object: number) => heads.has(object),
    /** Whether it is the first that waits for the object. */
    add(object: number, g: number, target: number): boolean {
      const head = heads.get(object);
      targets.push(target);
      next.push(head ?? 0);
      heads.set(object, goroutine.push(g) - 1);
      if (head === undefined) left += 1;
      return head === undefined;
    },
    /** Once for each object, when it is reached. */
    wake(object: number, each: (g: number, target: number) => void) {
      left -= 1;
      for (let entry = heads.get(object) ?? 0; entry !== 0; entry = next[entry] as number) {
        awake.push(goroutine[entry] as number);
        each(goroutine[entry] as number, targets[entry] as number);
      }
    },
  };
}

interface Sorting extends Pick<ReachSource, 'memory' | 'runtime' | 'otherTarget'> {
  readonly spans: HeapSpans;
  readonly marker: Marker;
  readonly waiters: ReturnType<typeof newWaiters>;
  /** By goroutine that waits and counts as alive: the object by which it does; `note` adds to it. */
  readonly wokenBy: Map<number, number>;
  readonly note: (g: number, target: number) => void;
  /** Gets the channels that the runtime sends to at a time that is set. */
  readonly armed: number[];
}

/** Takes goroutines, by the addresses of their `g`: each is awake, or is put to the objects of the heap that it waits for. */
export function sorter(
  { memory, runtime, otherTarget, spans, marker, waiters, wokenBy, note, armed }: Sorting,
  leftOut: ReadonlySet<number> | undefined,
): (address: number) => void {
  const { hchan } = runtime;
  const targets = targetReader(memory, runtime, otherTarget);
  return (address) => {
    if (leftOut?.has(address)) {
      // From one channel to the other cases of a select that waits there leads only what the runtime keeps of it.
      targets.read(address, (_, sudog) => marker.skip(spans.objectAt(sudog)));
      return;
    }
    let awake = false;
    const state = targets.read(address, (target, sudog, isChannel) => {
      if (sudog !== 0) marker.skip(spans.objectAt(sudog));
      const object = spans.objectAt(target);
      // What is no object of the heap is a package variable or on a stack: anybody may get at it.
      if (object < 0 || marker.isSkipped(object)) {
        awake = true;
        note(address, target);
      } else if (waiters.add(object, address, target)) {
        const queues = { start: target + hchan.receivers, end: target + hchan.senders + 16 };
        marker.watch(object, isChannel ? queues : undefined);
        if (isChannel && (timerOf(memory, runtime, target)?.when ?? 0) !== 0) armed.push(object);
      }
    });
    if (state !== 'waits') wokenBy.delete(address);
    if (state === 'live' || (state === 'waits' && awake)) waiters.awake.push(address);
  };
}
