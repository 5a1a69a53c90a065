import type { CoreMemory } from '../../core/memory.js';
import type { LabelCounts } from '../../goruntime/label-log.js';
import { type LabelSet, readLabels } from '../../goruntime/labels.js';
import type { RuntimeLayout } from '../../goruntime/layout.js';
import type { Folded } from '../../goruntime/tally.js';
import type { LabelledCount } from '../model/snapshot.js';

/** Where each goroutine of a group has labels of its own, the others are only counted. */
const mostRead = 20_000;
const mostKept = 100;

export interface GroupLabels {
  /** Most goroutines first. */
  readonly labels: readonly LabelledCount[];
  /** Goroutines whose labels are not among them. */
  readonly leftOut: number;
}

/** The labels of a group's goroutines, equal ones together: each set may lie at several addresses. */
export function labelsOfGroup(
  memory: CoreMemory,
  { labels: layout }: Pick<RuntimeLayout, 'labels'>,
  counts: LabelCounts,
): GroupLabels {
  const alike = new Map<string, { readonly set: LabelSet; count: number }>();
  let leftOut = 0;
  let read = 0;
  for (const [address, count] of counts) {
    const set = layout === undefined || read++ >= mostRead ? undefined : readLabels(memory, layout, address);
    if (set === undefined) leftOut += count;
    if (set === undefined || set.length === 0) continue;
    const key = JSON.stringify(set);
    const known = alike.get(key);
    if (known === undefined) alike.set(key, { set, count });
    else known.count += count;
  }
  const sorted = [...alike.values()].sort((a, b) => b.count - a.count);
  for (const { count } of sorted.slice(mostKept)) leftOut += count;
  return { labels: sorted.slice(0, mostKept), leftOut };
}

/** The labels of single goroutines, by their ids, added to those that are known. */
export function labelsOfExamples(
  memory: CoreMemory,
  { g, labels: layout }: Pick<RuntimeLayout, 'g' | 'labels'>,
  examples: Folded['examples'],
  known: ReadonlyMap<number, LabelSet> = new Map(),
): ReadonlyMap<number, LabelSet> | undefined {
  const out = new Map(known);
  for (const { address } of layout === undefined ? [] : examples) {
    const at = layout === undefined ? 0 : (memory.u64(address + layout.pointer) ?? 0);
    const set = layout === undefined || at === 0 ? undefined : readLabels(memory, layout, at);
    if (set !== undefined && set.length > 0) out.set(memory.u64(address + g.goid) ?? 0, set);
  }
  return out.size === 0 ? undefined : out;
}
