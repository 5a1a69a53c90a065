import { useEffect, useState } from 'preact/hooks';
import type { MemberList } from '../../../report/page-data.js';

/** The goroutines of one group, ascending by id; `waited` and `creators` have the same order. */
export interface GroupMembers {
  readonly ids: Float64Array;
  /** Seconds at least, 0 for not known. */
  readonly waited?: Float64Array;
  /** 0 for not known. */
  readonly creators?: Float64Array;
  readonly locked: ReadonlySet<number>;
}

/** By the index of the group. */
export interface Members {
  readonly of: (group: number) => GroupMembers;
  /** The group that has a goroutine. */
  readonly groupOf: (id: number) => number | undefined;
}

/** Unpacked once the page can be used; until then, and where the page has no list, `undefined`. */
export function useMembers(list: MemberList | undefined, groups: number): Members | undefined {
  const [members, setMembers] = useState<Members>();
  useEffect(() => {
    const packed = document.getElementById('members')?.textContent ?? '';
    if (list === undefined || packed === '') return undefined;
    let wanted = true;
    // A page that was cut off in transport still shows everything else.
    const unpacked = inflate(packed)
      .then((bytes) => openMembers(bytes, list, groups))
      .catch(() => undefined);
    void unpacked.then((found) => wanted && setMembers(found));
    return () => {
      wanted = false;
    };
  }, [list, groups]);
  return members;
}

async function inflate(packed: string): Promise<Uint8Array> {
  const text = atob(packed);
  const bytes = Uint8Array.from({ length: text.length }, (_, i) => text.charCodeAt(i));
  const stream = new Blob([bytes]).stream().pipeThrough(new DecompressionStream('deflate-raw'));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/** Reads what `MemberList` describes. */
export function openMembers(bytes: Uint8Array, { columns }: MemberList, groups: number): Members {
  const read = reader(bytes);
  const counts = Array.from({ length: groups }, () => read.number());
  const starts: number[] = [];
  let size = 0;
  for (const count of counts) {
    starts.push(size);
    size += count;
  }
  const ids = new Float64Array(size);
  const widths = counts.map((count, group) => {
    if (count === 0) return 0;
    ids[starts[group] ?? 0] = read.number();
    return read.number();
  });
  const locked = counts.map(() => {
    let at = 0;
    return Array.from({ length: read.number() }, () => {
      at += read.number();
      return at;
    });
  });
  const waited = columns.waited ? Float64Array.from({ length: size }, read.number) : undefined;
  const creators = columns.creators ? new Float64Array(size) : undefined;
  for (const [group, count] of creators === undefined ? [] : counts.entries()) {
    let value = 0;
    for (let i = 0; i < count; i++) {
      value += read.signed();
      if (creators !== undefined) creators[(starts[group] ?? 0) + i] = value;
    }
  }
  for (const [group, count] of counts.entries()) {
    const start = starts[group] ?? 0;
    for (let i = start + 1; i < start + count; i++)
      ids[i] = (ids[i - 1] ?? 0) + read.rice(widths[group] ?? 0);
  }
  const of = (group: number): GroupMembers => {
    const start = starts[group] ?? 0;
    const end = start + (counts[group] ?? 0);
    const own = ids.subarray(start, end);
    return {
      ids: own,
      locked: new Set((locked[group] ?? []).map((at) => own[at] ?? -1)),
      ...(waited === undefined ? {} : { waited: waited.subarray(start, end) }),
      ...(creators === undefined ? {} : { creators: creators.subarray(start, end) }),
    };
  };
  return {
    of,
    groupOf(id) {
      const at = ids.indexOf(id);
      return at === -1
        ? undefined
        : starts.findLastIndex((start, group) => start <= at && (counts[group] ?? 0) > 0);
    },
  };
}

function reader(bytes: Uint8Array) {
  let at = 0;
  let taken = 8;
  const number = (): number => {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const byte = bytes[at++];
      if (byte === undefined) throw new RangeError('the list of goroutines ends early');
      value += (byte % 128) * scale;
      if (byte < 128) return value;
    }
  };
  const bit = (): number => {
    if (taken === 8) {
      taken = 0;
      at += 1;
    }
    const byte = bytes[at - 1];
    if (byte === undefined) throw new RangeError('the list of goroutines ends early');
    return (byte >> taken++) & 1;
  };
  return {
    number,
    signed(): number {
      const value = number();
      return value % 2 === 0 ? value / 2 : -(value + 1) / 2;
    },
    rice(width: number): number {
      let value = 0;
      while (bit() === 1) value += 1;
      value *= 2 ** width;
      for (let i = 0; i < width; i++) value += bit() * 2 ** i;
      return value;
    },
  };
}
