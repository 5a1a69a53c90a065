import type { BulkMemory } from '../core/memory.js';
import { eachWithin, type Ranges } from './ranges.js';
import type { WordRule } from './words.js';
import type { Paint } from './write-core.js';

export interface Layer {
  readonly ranges: Ranges;
  /** Whether only words stay that are no data. Of variables, those stay too that are as in the executable. */
  readonly words: 'all' | 'scrubbed' | 'scrubbed-variables';
}

const chunk = 64 * 1024;
const pageSize = 4096;

export interface Painter {
  readonly paint: Paint;
  /** Bytes that the rule zeroed so far. */
  scrubbed(): number;
}

/** Paints the layers one over the other, the last on top. */
export function painter(
  memory: BulkMemory,
  layers: readonly Layer[],
  rule: WordRule,
  original: (start: number, length: number) => Buffer,
): Painter {
  let scrubbed = 0;
  return {
    scrubbed: () => scrubbed,
    paint(start, into) {
      for (const { ranges, words } of layers) {
        eachWithin(ranges, start, start + into.length, (from, to) => {
          const bytes = into.subarray(from - start, to - start);
          readInto(memory, from, bytes);
          if (words === 'all') return;
          const aligned = from % 8 === 0 ? bytes : bytes.subarray(Math.min(8 - (from % 8), bytes.length));
          bytes.fill(0, 0, bytes.length - aligned.length);
          const same = words === 'scrubbed' ? undefined : original(to - aligned.length, aligned.length);
          scrubbed += rule.scrub(aligned, same);
        });
      }
    },
  };
}

/** What the core does not have stays zero. */
export function readInto(memory: BulkMemory, from: number, into: Buffer): void {
  for (let done = 0; done < into.length; ) {
    const length = Math.min(chunk, into.length - done);
    const whole = memory.bytes(from + done, length);
    const step = whole === undefined ? Math.min(length, pageSize - ((from + done) % pageSize)) : length;
    (whole ?? memory.bytes(from + done, step))?.copy(into, done);
    done += step;
  }
}
