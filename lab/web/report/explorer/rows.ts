import type { Model, Row } from './model.js';

interface Walk {
  readonly model: Model;
  readonly chosen: Float64Array;
  readonly totals: Float64Array;
  readonly expanded: ReadonlySet<string>;
}

type Entry =
  | { readonly kind: 'calls'; readonly nodes: readonly number[]; readonly count: number }
  | { readonly kind: 'group'; readonly group: number; readonly count: number };

/** The lines of the tree that can be seen, as far as it is open; the largest first among siblings. */
export function rowsOf(walk: Walk): Row[] {
  const rows: Row[] = [];
  const add = (entries: readonly Entry[], depth: number, above: string): void => {
    for (const [i, entry] of entries.entries()) {
      const inside = below(walk, entry);
      const key = keyOf(entry, above);
      const expanded = inside.length > 0 && walk.expanded.has(key);
      rows.push({
        ...{ key, depth, expanded, kind: entry.kind, count: entry.count, expandable: inside.length > 0 },
        nodes: entry.kind === 'calls' ? entry.nodes : [],
        ...(entry.kind === 'group' ? { group: entry.group } : only(walk, entry, inside)),
        ...{ position: i + 1, siblings: entries.length },
      });
      if (expanded) add(inside, depth + 1, key);
    }
  };
  add(top(walk), 1, '');
  return rows;
}

/** Keys to open at first: the largest lines, one after the other, until there are some to look at. */
export function firstExpanded(walk: Omit<Walk, 'expanded'>, rows: number): Set<string> {
  const open = new Set<string>();
  const waiting: { entry: Entry; key: string }[] = [];
  let shown = 0;
  const see = (entries: readonly Entry[], above: string): void => {
    shown += entries.length;
    for (const entry of entries) waiting.push({ entry, key: keyOf(entry, above) });
    waiting.sort((a, b) => b.entry.count - a.entry.count);
  };
  const full = { ...walk, expanded: open };
  see(top(full), '');
  for (let next = waiting.shift(); next !== undefined && shown < rows; next = waiting.shift()) {
    const inside = below(full, next.entry);
    if (inside.length === 0 || shown + inside.length > 2 * rows) continue;
    open.add(next.key);
    see(inside, next.key);
  }
  return open;
}

const keyOf = (entry: Entry, above: string): string =>
  entry.kind === 'calls' ? `n${entry.nodes[0]}` : `g${entry.group} ${above}`;

function top({ model, chosen, totals }: Omit<Walk, 'expanded'>): Entry[] {
  // What every goroutine begins with says nothing: its children come in its place.
  const starts = model.roots.flatMap((root) =>
    model.frameOfNode(root).function === 'runtime.goexit' && (model.children[root]?.length ?? 0) > 0
      ? (model.children[root] ?? [])
      : [root],
  );
  return sorted([
    ...starts.flatMap((node) => run(model, totals, node)),
    ...groupsIn(chosen, model.stackless),
  ]);
}

/** What opens below a line: the calls from its last one, and the groups that end there, unless it is one group alone. */
function below({ model, chosen, totals }: Omit<Walk, 'expanded'>, entry: Entry): readonly Entry[] {
  if (entry.kind === 'group') return [];
  const last = entry.nodes.at(-1) ?? -1;
  const calls = (model.children[last] ?? []).flatMap((node) => run(model, totals, node));
  const groups = groupsIn(chosen, model.endsAt[last] ?? []);
  return calls.length === 0 && groups.length <= 1 ? [] : sorted([...calls, ...groups]);
}

/** A node and all that follow it without a fork. */
function run(model: Model, totals: Float64Array, start: number): Entry[] {
  const count = totals[start] ?? 0;
  if (count === 0) return [];
  const nodes = [start];
  for (let node = start; ; ) {
    const next = (model.children[node] ?? []).find((child) => totals[child] === count);
    if (next === undefined) break;
    nodes.push(next);
    node = next;
  }
  return [{ kind: 'calls', nodes, count }];
}

/** The one group that a line stands for, when it stands for one. */
function only(
  { model, chosen }: Walk,
  entry: Entry & { kind: 'calls' },
  inside: readonly Entry[],
): { readonly group?: number } {
  if (inside.length > 0) return {};
  const group = (model.endsAt[entry.nodes.at(-1) ?? -1] ?? []).find((one) => (chosen[one] ?? 0) > 0);
  return group === undefined ? {} : { group };
}

function groupsIn(chosen: Float64Array, groups: readonly number[]): Entry[] {
  return groups
    .filter((group) => (chosen[group] ?? 0) > 0)
    .map((group) => ({ kind: 'group', group, count: chosen[group] ?? 0 }));
}

function sorted(entries: readonly Entry[]): Entry[] {
  return [...entries].sort((a, b) => b.count - a.count);
}
