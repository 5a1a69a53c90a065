import type { Diagnosis, Group, Location } from '../../analysis/diagnosis.js';
import { isSystemStart } from '../../analysis/snapshot.js';
import type { GoroutineTable } from '../page-data.js';

/** What the table may take of the page, characters of JSON; the article's run takes 8,000 of them. */
const room = 4_000_000;

/** Groups as a tree of calls. The largest come first; what finds no room is counted. `wanted` has room first. */
export function goroutineTable(
  groups: Diagnosis['groups'],
  wanted: ReadonlySet<string>,
  characters = room,
): GoroutineTable {
  const table = openTable();
  const rank = ({ id, count }: Group): number => (wanted.has(id) ? Number.MAX_SAFE_INTEGER : count);
  const sorted = [...groups].sort((a, b) => rank(b) - rank(a) || a.id.localeCompare(b.id));
  const kept = sorted.findIndex((group) => !table.add(group, characters));
  const rest = kept === -1 ? [] : sorted.slice(kept);
  const goroutines = rest.reduce((sum, { count }) => sum + count, 0);
  return { ...table.columns, leftOut: { groups: rest.length, goroutines } };
}

function openTable() {
  const texts = numbered<string>((text) => text.length + 3);
  const frames = {
    function: [] as number[],
    file: [] as number[],
    line: [] as number[],
    inlined: [] as number[],
  };
  const nodes = { parent: [] as number[], frame: [] as number[] };
  const columns = {
    id: [] as string[],
    count: [] as number[],
    waitReason: [] as number[],
    node: [] as number[],
    user: [] as number[],
    created: [] as number[],
    examples: [] as number[][],
  };
  const system: number[] = [];
  const frameKeys = new Map<string, number>();
  const nodeKeys = new Map<string, number>();
  let used = 0;

  const frameOf = (place: Location & { readonly inlined?: boolean }): number => {
    const key = `${place.inlined === true}\n${place.line}\n${place.file}\n${place.function}`;
    const known = frameKeys.get(key);
    if (known !== undefined) return known;
    const index = frames.line.length;
    frames.function.push(texts.of(place.function));
    frames.file.push(texts.of(place.file));
    frames.line.push(place.line);
    if (place.inlined === true) frames.inlined.push(index);
    frameKeys.set(key, index);
    used += 24;
    return index;
  };
  const nodeOf = (parent: number, frame: number): number => {
    const key = `${parent} ${frame}`;
    const known = nodeKeys.get(key);
    if (known !== undefined) return known;
    const index = nodes.parent.length;
    nodes.parent.push(parent);
    nodes.frame.push(frame);
    nodeKeys.set(key, index);
    used += 14;
    return index;
  };

  return {
    /** `false`, and nothing added, once there is no more room. */
    add(group: Group, characters: number): boolean {
      if (used + texts.characters() > characters) return false;
      if (isSystemStart(group.startLocation.function)) system.push(columns.id.length);
      columns.id.push(group.id);
      columns.count.push(group.count);
      columns.waitReason.push(texts.of(group.waitReason));
      columns.user.push(frameOf(group.userLocation));
      columns.created.push(frameOf(group.goStatementLocation));
      columns.examples.push(group.exampleIds);
      columns.node.push(group.stack.toReversed().reduce((node, one) => nodeOf(node, frameOf(one)), -1));
      used += 60 + group.exampleIds.length * 9;
      return true;
    },
    get columns() {
      return { texts: texts.all, frames, nodes, groups: columns, system };
    },
  };
}

/** Numbers things in the order in which they come, equal ones alike. */
function numbered<T>(size: (value: T) => number) {
  const index = new Map<T, number>();
  const all: T[] = [];
  let total = 0;
  return {
    all,
    characters: () => total,
    of(value: T): number {
      const known = index.get(value);
      if (known !== undefined) return known;
      index.set(value, all.length);
      total += size(value);
      return all.push(value) - 1;
    },
  };
}
