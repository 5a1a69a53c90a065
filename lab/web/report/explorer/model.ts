import type { DiagnosisPart, GoroutineTable } from '../../../report/page-data.js';
import { isLibraryFunction, isPrivateRuntime } from '../words.js';
import type { Members } from './members.js';

export interface Filter {
  /** In functions, files, labels and wait reasons; or the number of a goroutine, `G20`. */
  readonly text: string;
  /** Index of a text; -1 for any. */
  readonly reason: number;
  /** Index of an object; -1 for any. */
  readonly object: number;
  /** What groups are to the findings. */
  readonly part: 'any' | 'roots' | 'victims';
  /** Index of a text; -1 for any. */
  readonly outlook: number;
  /** A line of labels; empty for any. */
  readonly label: string;
  /** The runtime's own goroutines too. */
  readonly system: boolean;
}

/** A line of the tree: a run of calls without a fork, or one group of those that end at the same call. */
export interface Row {
  readonly key: string;
  readonly kind: 'calls' | 'group';
  /** Nodes of the run, outermost first; of a group, its last. */
  readonly nodes: readonly number[];
  readonly group?: number;
  readonly depth: number;
  readonly count: number;
  readonly expandable: boolean;
  readonly expanded: boolean;
  readonly position: number;
  readonly siblings: number;
}

/** A goroutine with the index of its group. */
export interface Found {
  readonly id: number;
  readonly group: number;
}

export interface Frame {
  readonly function: string;
  readonly file: string;
  readonly line: number;
  readonly inlined: boolean;
}

/** Calls that are looked at for the name of a line. */
const mostLooked = 200;

export type Model = ReturnType<typeof openModel>;

/** The table of groups, ready to be searched and walked through. All of it runs over numbers. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the model share its columns
export function openModel({ goroutines: table, objects }: Pick<DiagnosisPart, 'goroutines' | 'objects'>) {
  const { nodes, groups, texts } = table;
  const inlined = new Set(table.frames.inlined);
  const frame = (index: number): Frame => ({
    function: texts[table.frames.function[index] ?? -1] ?? '',
    file: texts[table.frames.file[index] ?? -1] ?? '',
    line: table.frames.line[index] ?? 0,
    inlined: inlined.has(index),
  });
  const frameOfNode = (node: number): Frame => frame(nodes.frame[node] ?? -1);
  const ends = groups.node.map((node) => ownEnd(table, node, frameOfNode));
  const endsAt = indexed(ends, nodes.parent.length);
  const children = indexed(nodes.parent, nodes.parent.length);
  const roots = nodes.parent.flatMap((parent, node) => (parent === -1 ? [node] : []));
  const stackless = ends.flatMap((node, group) => (node === -1 ? [group] : []));
  const system = new Set(table.system);
  const reasons = [...new Set(groups.waitReason)];
  const outlooks = [...new Set(groups.outlook)].filter((one) => one !== -1);
  const inPart = { roots: new Set(table.roots), victims: new Set(table.victims) };
  const labelsOf = new Map(
    [...new Set(groups.labels)].map((one) => [one, labelCounts(one === -1 ? '' : (texts[one] ?? ''))]),
  );
  const labels = [...new Set([...labelsOf.values()].flatMap((one) => [...one.keys()]))].sort();
  const waitsFor = objects.map((one) => new Set(one.groups));

  /** What a group calls from where its own code stands. */
  const calledAt = (group: number): Frame | undefined => {
    const end = ends[group] ?? -1;
    let node = groups.node[group] ?? -1;
    if (node === end) return undefined;
    while (node !== -1 && nodes.parent[node] !== end) node = nodes.parent[node] ?? -1;
    return node === -1 ? undefined : frameOfNode(node);
  };

  /** The first functions of the program below a call, the first found first: there may be very many. */
  const ownBelow = (node: number): readonly string[] => {
    const names = new Set<string>();
    const waiting = [...(children[node] ?? [])];
    for (let seen = 0, next = waiting.shift(); next !== undefined && seen < mostLooked; seen++) {
      const one = frameOfNode(next);
      if (isLibraryFunction(one)) waiting.push(...(children[next] ?? []));
      else names.add(one.function);
      next = waiting.shift();
    }
    return [...names];
  };

  /** The goroutine that a text names by its number, whatever it waits for. */
  const find = (text: string, members: Members | undefined): Found | undefined => {
    const id = numberIn(text);
    if (id === undefined) return undefined;
    const example = groups.examples.findIndex((ids) => ids.includes(id));
    const group = members?.groupOf(id) ?? (example === -1 ? undefined : example);
    return group === undefined ? undefined : { id, group };
  };

  /**
   * How many goroutines of each group a filter leaves, by the group's index: of a goroutine that was found, its own group
   * alone; of a label, as many as have it.
   */
  const select = (
    { text, reason, object, part, outlook, label, system: all }: Filter,
    found: Found | undefined,
  ): Float64Array => {
    if (found !== undefined)
      return Float64Array.from(groups.count, (count, group) => (group === found.group ? count : 0));
    const wanted = text.trim().toLowerCase();
    const inText = texts.map((one) => wanted === '' || one.toLowerCase().includes(wanted));
    const inNode = new Uint8Array(nodes.parent.length);
    for (let node = 0; node < inNode.length; node++) {
      const index = nodes.frame[node] ?? -1;
      const own = inText[table.frames.function[index] ?? -1] || inText[table.frames.file[index] ?? -1];
      const above = inNode[nodes.parent[node] ?? -1] === 1;
      inNode[node] = own || above ? 1 : 0;
    }
    return Float64Array.from(groups.count, (count, group) => {
      if (!all && system.has(group)) return 0;
      if (part !== 'any' && !inPart[part].has(group)) return 0;
      if (outlook !== -1 && groups.outlook?.[group] !== outlook) return 0;
      const left = label === '' ? count : (labelsOf.get(groups.labels?.[group] ?? -1)?.get(label) ?? 0);
      if (left === 0) return 0;
      if (reason !== -1 && groups.waitReason[group] !== reason) return 0;
      if (object !== -1 && waitsFor[object]?.has(groups.id[group] ?? '') !== true) return 0;
      if (wanted === '') return left;
      if (inNode[groups.node[group] ?? -1] === 1) return left;
      if (inText[groups.waitReason[group] ?? -1] || inText[groups.labels?.[group] ?? -1]) return left;
      return (groups.id[group] ?? '').toLowerCase() === wanted ? left : 0;
    });
  };

  /** Goroutines of the chosen groups below each node. */
  const totals = (chosen: Float64Array): Float64Array => {
    const sums = new Float64Array(nodes.parent.length);
    for (const [group, end] of ends.entries()) {
      if (end !== -1) sums[end] = (sums[end] ?? 0) + (chosen[group] ?? 0);
    }
    for (let node = sums.length - 1; node >= 0; node--) {
      const parent = nodes.parent[node] ?? -1;
      if (parent !== -1) sums[parent] = (sums[parent] ?? 0) + (sums[node] ?? 0);
    }
    return sums;
  };

  return {
    table,
    frame,
    frameOfNode,
    ends,
    endsAt,
    children,
    roots,
    stackless,
    reasons,
    outlooks,
    labels,
    inPart,
    calledAt,
    ownBelow,
    find,
    select,
    totals,
  };
}

/** The whole stack of a group, innermost first. */
export function stackOf(model: Model, group: number): Frame[] {
  const { nodes, groups } = model.table;
  const frames: Frame[] = [];
  for (let node = groups.node[group] ?? -1; node !== -1; node = nodes.parent[node] ?? -1)
    frames.push(model.frameOfNode(node));
  return frames;
}

/** How many goroutines have each `key=value` of lines like `3 x tenant=acme, handler=/orders`; values may have commas. */
function labelCounts(text: string): ReadonlyMap<string, number> {
  const counts = new Map<string, number>();
  for (const line of text.split('\n')) {
    const [, count, set = ''] = /^(\d+) x (.*)$/.exec(line) ?? [];
    for (const label of set === '' ? [] : set.split(/, (?=[^,=]+=)/))
      counts.set(label, (counts.get(label) ?? 0) + Number(count));
  }
  return counts;
}

/** `4711`, `goroutine 4711` or `G4711`. */
export function numberIn(text: string): number | undefined {
  const digits = /^(?:goroutine\s+|g)?(\d{1,15})$/i.exec(text.trim())?.[1];
  return digits === undefined ? undefined : Number(digits);
}

/** The program's innermost call; of goroutines that have none, the innermost that is not the runtime's way to park. */
function ownEnd({ nodes }: GoroutineTable, node: number, frameOf: (node: number) => Frame): number {
  let own = node;
  while (own !== -1 && isLibraryFunction(frameOf(own))) own = nodes.parent[own] ?? -1;
  if (own !== -1) return own;
  let end = node;
  while (end !== -1 && isPrivateRuntime(frameOf(end).function)) {
    const parent = nodes.parent[end] ?? -1;
    if (parent === -1 || frameOf(parent).function === 'runtime.goexit') break;
    end = parent;
  }
  return end;
}

/** For each value up to `size`, who has it. */
function indexed(values: readonly number[], size: number): readonly (readonly number[])[] {
  const lists: number[][] = Array.from({ length: size }, () => []);
  for (const [i, value] of values.entries()) lists[value]?.push(i);
  return lists;
}
