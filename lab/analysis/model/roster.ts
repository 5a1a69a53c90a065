import type { MemberColumns } from '../../goruntime/members.js';

/** The goroutines of one group, by their ids; columns have the same order. */
export interface RosterGroup {
  /** `S3` */
  readonly group: string;
  /** Ascending. */
  readonly ids: Float64Array;
  /** Seconds that each has waited at least; 0 where nothing is known. Absent when it is of none. */
  readonly waited?: Float64Array;
  /** Id of the goroutine that started it; 0 where it is not recorded. Absent when it is of none. */
  readonly creators?: Float64Array;
  /** Those that are locked to their thread. */
  readonly locked: readonly number[];
}

/** Which goroutines each group of a diagnosis has: too much for the diagnosis itself, which has counts. */
export type Roster = readonly RosterGroup[];

const nanoseconds = 1e9;

/**
 * Members by the group that stands at their `kind` in `groups`; those of no group are left out. How long somebody
 * waits is counted to `moment`, nanoseconds of the runtime's clock, or to the latest one that a goroutine tells: a core has
 * no clock.
 */
export function rosterOf(
  columns: MemberColumns,
  groups: readonly (string | undefined)[],
  moment = 0,
): Roster {
  const { size, ids, since, creators, kinds, locked } = columns;
  const order = byId(ids.subarray(0, size));
  const ends = new Uint32Array(groups.length + 1);
  for (let i = 0; i < size; i++) ends[(kinds[i] as number) + 1] = (ends[(kinds[i] as number) + 1] ?? 0) + 1;
  for (let k = 1; k < ends.length; k++) ends[k] = (ends[k] as number) + (ends[k - 1] as number);
  const starts = ends.slice();
  const sorted = new Uint32Array(size);
  for (const i of order) {
    const kind = kinds[i] as number;
    sorted[starts[kind] as number] = i;
    starts[kind] = (starts[kind] as number) + 1;
  }
  const latest = since.subarray(0, size).reduce((most, one) => Math.max(most, one), moment);
  const waitedOf = (i: number) =>
    since[i] === 0 ? 0 : Math.floor((latest - (since[i] as number)) / nanoseconds);
  return groups.flatMap((group, kind) => {
    const own = sorted.subarray(ends[kind], ends[kind + 1]);
    if (group === undefined || own.length === 0) return [];
    const waited = column(own, waitedOf);
    const started = column(own, (i) => creators[i] as number);
    return [
      {
        group,
        ids: column(own, (i) => ids[i] as number),
        ...(waited.some((one) => one > 0) ? { waited } : {}),
        ...(started.some((one) => one > 0) ? { creators: started } : {}),
        locked: Array.from(
          own.filter((i) => locked[i] === 1),
          (i) => ids[i] as number,
        ),
      },
    ];
  });
}

/** What `Float64Array.from` does, without an iterator: there may be a million. */
function column(indexes: Uint32Array, pick: (i: number) => number): Float64Array {
  const values = new Float64Array(indexes.length);
  for (let k = 0; k < values.length; k++) values[k] = pick(indexes[k] as number);
  return values;
}

/** Indexes by ascending id. Numbers without a comparator are sorted ten times as fast. */
function byId(ids: Float64Array): Uint32Array {
  const step = ids.length + 1;
  const largest = ids.reduce((most, one) => Math.max(most, one), 0);
  if (largest * step > Number.MAX_SAFE_INTEGER) {
    return Uint32Array.from(ids, (_, i) => i).sort((a, b) => (ids[a] as number) - (ids[b] as number));
  }
  const keys = ids.map((id, i) => id * step + i).sort();
  const order = new Uint32Array(keys.length);
  for (let k = 0; k < order.length; k++) order[k] = (keys[k] as number) % step;
  return order;
}
