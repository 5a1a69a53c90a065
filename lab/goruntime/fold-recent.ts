import { wordAt } from '../core/memory.js';
import type { RuntimeLayout } from './layout.js';

/*
 * Most goroutines are as another one was a moment ago. What was found then is compared with the bytes of this one, half
 * a word at a time: no number is made of them, and nothing is looked up.
 */

const slots = 256;

/** Classes of parked goroutines, see {@link Tables.classes}. */
export interface RecentClasses {
  /** Of the `g` at this offset, in this state (status and wait reason); -1 when none was like it lately. */
  find(view: DataView, at: number, state: number): number;
  /** What it turned out to be: of the one that was just looked for. */
  keep(view: DataView, at: number, state: number, id: number): void;
}

export function recentClasses({ startPc, goPc, pc }: RuntimeLayout['g']): RecentClasses {
  const stride = 8;
  const rows = new Int32Array(slots * stride).fill(-1);
  let row = 0;
  return {
    find(view, at, state) {
      const start = view.getInt32(at + startPc, true);
      const go = view.getInt32(at + goPc, true);
      const here = view.getInt32(at + pc, true);
      const hash = Math.imul(start ^ Math.imul(go, 31) ^ Math.imul(here, 961), 0x9e3779b1) ^ state;
      row = ((hash ^ (hash >>> 16)) & (slots - 1)) * stride;
      const same =
        rows[row] === start &&
        rows[row + 1] === go &&
        rows[row + 2] === here &&
        rows[row + 3] === state &&
        rows[row + 4] === view.getInt32(at + startPc + 4, true) &&
        rows[row + 5] === view.getInt32(at + goPc + 4, true) &&
        rows[row + 6] === view.getInt32(at + pc + 4, true);
      return same ? (rows[row + 7] as number) : -1;
    },
    keep(view, at, state, id) {
      rows[row] = view.getInt32(at + startPc, true);
      rows[row + 1] = view.getInt32(at + goPc, true);
      rows[row + 2] = view.getInt32(at + pc, true);
      rows[row + 3] = state;
      rows[row + 4] = view.getInt32(at + startPc + 4, true);
      rows[row + 5] = view.getInt32(at + goPc + 4, true);
      rows[row + 6] = view.getInt32(at + pc + 4, true);
      rows[row + 7] = id;
    },
  };
}

/** The last stack of each class that lay in one piece, by the numbers of `stackOf`. */
export interface RecentStacks {
  /**
   * `base` is the offset of the innermost frame, `first` its address, `room` what is left of the stack from there; -1
   * when the last one of this class was another.
   */
  find(view: DataView, base: number, first: number, room: number, kind: number): number;
  /** Of a chain of frame pointers that ends with 0. */
  keep(view: DataView, base: number, first: number, kind: number, id: number): void;
}

/** Deeper ones are followed each time. */
const mostFrames = 40;

export function recentStacks(): RecentStacks {
  // Class, id, depth, and the bytes that the frames take; then of each frame its place and the return address.
  const head = 4;
  const stride = 128;
  const rows = new Int32Array(slots * stride).fill(-1);
  return {
    find(view, base, first, room, kind) {
      const row = (kind & (slots - 1)) * stride;
      const low = first | 0;
      // Addresses of one stack then have the upper half in common.
      const even = (low >>> 0) + room <= 0xffffffff;
      if (rows[row] !== kind || (rows[row + 3] as number) > room || !even) return -1;
      const high = (first / 2 ** 32) | 0;
      const end = row + head + (rows[row + 2] as number) * 3;
      let offset = 0;
      for (let frame = row + head; frame < end; frame += 3) {
        const at = base + offset;
        if (view.getInt32(at + 8, true) !== rows[frame + 1]) return -1;
        if (view.getInt32(at + 12, true) !== rows[frame + 2]) return -1;
        offset = rows[frame] as number;
        const last = offset < 0;
        if (view.getInt32(at, true) !== (last ? 0 : (low + offset) | 0)) return -1;
        if (view.getInt32(at + 4, true) !== (last ? 0 : high)) return -1;
      }
      return rows[row + 1] as number;
    },
    keep(view, base, first, kind, id) {
      const row = (kind & (slots - 1)) * stride;
      rows[row] = -1;
      let offset = 0;
      for (let depth = 1; depth <= mostFrames; depth++) {
        const at = base + offset;
        const caller = wordAt(view, at);
        const frame = row + head + (depth - 1) * 3;
        rows[frame + 1] = view.getInt32(at + 8, true);
        rows[frame + 2] = view.getInt32(at + 12, true);
        rows[frame] = caller === 0 ? -1 : caller - first;
        if (caller !== 0) {
          offset = caller - first;
          continue;
        }
        rows[row] = kind;
        rows[row + 1] = id;
        rows[row + 2] = depth;
        rows[row + 3] = offset + 16;
        return;
      }
    },
  };
}
