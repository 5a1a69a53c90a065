import { type BulkMemory, wordAt } from '../core/memory.js';
import { enlarged } from './interner.js';
import type { RuntimeLayout } from './layout.js';
import { isParked, scanBit } from './status.js';

/** Every goroutine of a core, in columns: which stack it has, and what its own struct tells of it alone. */
export interface MemberColumns {
  readonly size: number;
  /** Number of its stack among those that are alike. */
  readonly kinds: Uint32Array<ArrayBuffer>;
  readonly ids: Float64Array<ArrayBuffer>;
  /**
   * Nanoseconds of the runtime's clock; 0 where nothing is known. The collector notes here when it first finds a
   * goroutine waiting (runtime/mgcmark.go), so it has waited at least since then.
   */
  readonly since: Float64Array<ArrayBuffer>;
  /** Goroutine that started it; 0 where that is not recorded: before Go 1.21, or by the runtime itself. */
  readonly creators: Float64Array<ArrayBuffer>;
  /** 1 where `runtime.LockOSThread` ties it to its thread. */
  readonly locked: Uint32Array<ArrayBuffer>;
}

/** Keeps who is of which stack, for those who ask for it: 32 bytes for each goroutine. */
export interface MemberLog {
  add(kind: number, address: number): void;
  /** Adds what another thread has kept, its stacks numbered anew. */
  absorb(columns: MemberColumns, kinds: Uint32Array): void;
  columns(): MemberColumns;
}

export function memberLog(memory: BulkMemory, { g, ofMembers }: RuntimeLayout): MemberLog {
  const { view } = memory;
  const { lockedThread, creator } = ofMembers ?? {};
  const length = Math.max(g.goid, g.status, g.waitSince, lockedThread ?? 0, creator ?? 0) + 8;
  let kinds = new Uint32Array(1024);
  let ids = new Float64Array(1024);
  let since = new Float64Array(1024);
  let creators = new Float64Array(1024);
  let locked = new Uint32Array(1024);
  let size = 0;
  const reserve = (wanted: number): void => {
    while (wanted > kinds.length) {
      kinds = enlarged(kinds);
      ids = enlarged(ids);
      since = enlarged(since);
      creators = enlarged(creators);
      locked = enlarged(locked);
    }
  };
  return {
    add(kind, address) {
      const at = memory.span(address, length);
      if (at < 0) return;
      reserve(size + 1);
      const status = view.getUint32(at + g.status, true) & ~scanBit;
      kinds[size] = kind;
      ids[size] = wordAt(view, at + g.goid);
      // What is not parked has that of an earlier wait still.
      since[size] = isParked(status) ? wordAt(view, at + g.waitSince) : 0;
      creators[size] = creator === undefined ? 0 : wordAt(view, at + creator);
      locked[size] = lockedThread !== undefined && wordAt(view, at + lockedThread) !== 0 ? 1 : 0;
      size += 1;
    },
    absorb(more, renumbered) {
      reserve(size + more.size);
      for (let i = 0; i < more.size; i++) kinds[size + i] = renumbered[more.kinds[i] as number] as number;
      ids.set(more.ids.subarray(0, more.size), size);
      since.set(more.since.subarray(0, more.size), size);
      creators.set(more.creators.subarray(0, more.size), size);
      locked.set(more.locked.subarray(0, more.size), size);
      size += more.size;
    },
    columns: () => ({ size, kinds, ids, since, creators, locked }),
  };
}
