import type { CoreMemory } from '../core/memory.js';
import type { EvaluateGlobal, Offsets } from './fields.js';
import { fieldsIn } from './fields.js';

/** Labels that `runtime/pprof.Do` or `SetGoroutineLabels` gave to a goroutine, by their keys, in their order. */
export type LabelSet = readonly (readonly [key: string, value: string])[];

/** Where a `g` has its labels, and what it points at: `runtime/pprof.labelMap`. */
export interface LabelsLayout {
  /** Offset of `g.labels`. */
  readonly pointer: number;
  /** Since Go 1.24 labels are a slice: its offset in the set. Absent where they are a map, or nothing tells. */
  readonly list: number | undefined;
  /** Of the map's header, where they are one. */
  readonly map: MapLayout;
}

interface MapLayout {
  readonly count: number;
  readonly logBuckets: number;
  readonly buckets: number;
  readonly oldBuckets: number;
}

/** runtime/map.go of Go 1.18 to 1.23: eight marks, eight keys, eight values, the next bucket. */
const slots = 8;
const stringSize = 16;
const keysAt = slots;
const valuesAt = keysAt + slots * stringSize;
const nextAt = valuesAt + slots * stringSize;
const bucketSize = nextAt + 8;
/** Lower marks are of slots that are empty, or whose entry was moved to the new buckets (`minTopHash`). */
const firstMark = 5;
/** The header as all those Gos have it; a stripped program does not describe it. */
const knownMap: MapLayout = { count: 0, logBuckets: 9, buckets: 16, oldBuckets: 24 };
const labelSize = 2 * stringSize;
/** More would be no label set, but memory read as one. */
const maxLabels = 1_000;
const maxText = 10_000;
const maxLogBuckets = 8;

/** `undefined` where the program cannot have labels, or this Go keeps none. */
export async function readLabelsLayout(
  evaluate: EvaluateGlobal,
  g: Offsets,
  at: number,
  signal: AbortSignal,
): Promise<LabelsLayout | undefined> {
  const pointer = g.get('labels');
  if (pointer === undefined) return undefined;
  const fields = async (type: string) => {
    try {
      return fieldsIn(await evaluate(`*(*"${type}")(${at})`, signal), at);
    } catch (error) {
      if (signal.aborted) throw error;
      return undefined;
    }
  };
  const [set, header] = await Promise.all([fields('runtime/pprof.labelMap'), fields('runtime.hmap')]);
  const list = [...(set ?? [])].find(([, { type }]) => type.startsWith('[]'))?.[1].offset;
  const offset = (name: string) => header?.get(name)?.offset;
  const [count, logBuckets, buckets, oldBuckets] = ['count', 'B', 'buckets', 'oldbuckets'].map(offset);
  const isWhole = count !== undefined && logBuckets !== undefined && buckets !== undefined;
  const map = isWhole && oldBuckets !== undefined ? { count, logBuckets, buckets, oldBuckets } : knownMap;
  return { pointer, list, map };
}

/** The labels at an address that a `g` has; `undefined` when what lies there makes no sense as labels. */
export function readLabels(
  memory: CoreMemory,
  { list, map }: LabelsLayout,
  address: number,
): LabelSet | undefined {
  // A slice's first word leads to a string, whose own address would be the number of entries in a map: far too many.
  const labels =
    list === undefined
      ? (fromMap(memory, map, memory.u64(address) ?? 0) ?? fromSlice(memory, address))
      : fromSlice(memory, address + list);
  return labels?.toSorted(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
}

function fromSlice(memory: CoreMemory, slice: number): LabelSet | undefined {
  const [base, length, capacity] = [0, 8, 16].map((at) => memory.u64(slice + at));
  if (base === undefined || length === undefined || capacity === undefined) return undefined;
  if (length > capacity || length > maxLabels) return undefined;
  return whole(Array.from({ length }, (_, i) => pairAt(memory, base + i * labelSize, stringSize)));
}

function fromMap(memory: CoreMemory, map: MapLayout, header: number): LabelSet | undefined {
  if (header === 0) return [];
  const count = memory.u64(header + map.count);
  const log = memory.u8(header + map.logBuckets);
  if (count === undefined || log === undefined || count > maxLabels || log > maxLogBuckets) return undefined;
  const pairs: (readonly [string, string] | undefined)[] = [];
  const collect = (first: number, buckets: number) => {
    for (let i = 0; first !== 0 && i < buckets; i++) {
      let bucket = first + i * bucketSize;
      for (let chain = 0; bucket !== 0 && chain < maxLabels; chain++) {
        for (let slot = 0; slot < slots; slot++) {
          if ((memory.u8(bucket + slot) ?? 0) < firstMark) continue;
          pairs.push(pairAt(memory, bucket + keysAt + slot * stringSize, valuesAt - keysAt));
        }
        bucket = memory.u64(bucket + nextAt) ?? 0;
      }
    }
  };
  collect(memory.u64(header + map.buckets) ?? 0, 1 << log);
  // While a map grows, some entries are still where they were.
  collect(memory.u64(header + map.oldBuckets) ?? 0, 1 << Math.max(log - 1, 0));
  return pairs.length === count ? whole(pairs) : undefined;
}

function pairAt(memory: CoreMemory, key: number, toValue: number): readonly [string, string] | undefined {
  const [name, value] = [textAt(memory, key), textAt(memory, key + toValue)];
  return name === undefined || value === undefined ? undefined : [name, value];
}

function textAt(memory: CoreMemory, string: number): string | undefined {
  const [data, length] = [memory.u64(string), memory.u64(string + 8)];
  if (length === 0) return '';
  if (data === undefined || length === undefined || length > maxText) return undefined;
  const bytes = memory.bytes(data, length);
  // Texts that were made as the program ran are not in a kit: what is left of them are zeros.
  return bytes === undefined || bytes.includes(0) ? undefined : bytes.toString('utf8');
}

const whole = (pairs: readonly (readonly [string, string] | undefined)[]): LabelSet | undefined =>
  pairs.some((pair) => pair === undefined) ? undefined : pairs.flatMap((pair) => (pair ? [pair] : []));
