import type { Diagnosis, Group, Location } from '../../analysis/model/diagnosis.js';
import { ownFrame } from '../../analysis/model/own-frame.js';
import { isSystem } from '../../analysis/model/snapshot.js';
import { labelLines } from '../labels-text.js';
import type { GoroutineTable } from '../page-data.js';
import { bytesOf, clip } from './room.js';

/** Of numbers in JSON, each with its comma. */
const numberBytes = (...numbers: readonly number[]): number =>
  numbers.reduce((sum, one) => sum + String(one).length + 1, 0);
/** What a frame and its node may take at most, when they are not there yet. */
const mostOfFrame = 48;
/** Names of the columns. */
const tableBytes = 400;
/** Sets of labels that a page has of one group. */
const mostLabels = 20;
/** Longer names are cut. */
const longestText = 1_000;

/**
 * Groups as a tree of calls, in so many bytes of the page. The largest come first; what finds no room is counted.
 * Those of the findings have room first.
 */
export function goroutineTable(groups: Diagnosis['groups'], parts: GroupParts, room: number): GoroutineTable {
  const table = openTable();
  const isWanted = (id: string): boolean => parts.roots.has(id) || parts.victims.has(id);
  const rank = ({ id, count }: Group): number => (isWanted(id) ? Number.MAX_SAFE_INTEGER : count);
  const sorted = [...groups].sort((a, b) => rank(b) - rank(a) || a.id.localeCompare(b.id));
  const rest = sorted.filter((group) => !table.add(group, room));
  const goroutines = rest.reduce((sum, { count }) => sum + count, 0);
  const { columns } = table;
  const among = (ids: ReadonlySet<string>): number[] =>
    columns.groups.id.flatMap((id, index) => (ids.has(id) ? [index] : []));
  return {
    ...columns,
    ...{ roots: among(parts.roots), victims: among(parts.victims) },
    leftOut: { groups: rest.length, goroutines },
  };
}

/** What groups are to the findings, by their ids. */
export interface GroupParts {
  readonly roots: ReadonlySet<string>;
  readonly victims: ReadonlySet<string>;
}

const labelsOfGroup = (group: Group): string => labelLines(group, mostLabels).join('\n');

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the table share its columns
function openTable() {
  const texts = numbered<string>(bytesOf);
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
    labels: [] as number[],
    outlook: [] as number[],
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
    const name = texts.of(clip(place.function, longestText));
    const file = texts.of(clip(place.file, longestText));
    frames.function.push(name);
    frames.file.push(file);
    frames.line.push(place.line);
    if (place.inlined === true) frames.inlined.push(index);
    frameKeys.set(key, index);
    used += numberBytes(name, file, place.line, ...(place.inlined === true ? [index] : []));
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
    used += numberBytes(parent, frame);
    return index;
  };

  const costOf = (text: string): number =>
    texts.knows(clip(text, longestText)) ? 0 : bytesOf(clip(text, longestText));
  /** What a group takes beside its own numbers, at most: some of its calls may be there already. */
  const mostOf = (group: Group): number => {
    const { stack, userLocation, goStatementLocation, waitReason } = group;
    let most = costOf(waitReason) + costOf(labelsOfGroup(group));
    for (const place of [...stack, userLocation, goStatementLocation]) {
      most += mostOfFrame + costOf(place.function) + costOf(place.file);
    }
    return most;
  };

  return {
    /** `false`, and nothing added, when there is no room for it. */
    add(group: Group, room: number): boolean {
      const least = bytesOf(group.id) + numberBytes(group.count, ...group.exampleIds) + mostOfFrame;
      if (tableBytes + used + texts.bytes() + least + mostOf(group) > room) return false;
      if (isSystem(group.startLocation.function, group.stack)) system.push(columns.id.length);
      columns.id.push(group.id);
      columns.count.push(group.count);
      const reason = texts.of(clip(group.waitReason, longestText));
      const own = ownFrame(group.stack) ?? group.userLocation;
      const [user, created] = [frameOf(own), frameOf(group.goStatementLocation)];
      const node = group.stack.toReversed().reduce((above, one) => nodeOf(above, frameOf(one)), -1);
      const text = labelsOfGroup(group);
      const labels = text === '' ? -1 : texts.of(clip(text, longestText));
      columns.labels.push(labels);
      const outlook = group.outlook === undefined ? -1 : texts.of(group.outlook);
      columns.outlook.push(outlook);
      columns.waitReason.push(reason);
      columns.user.push(user);
      columns.created.push(created);
      columns.examples.push(group.exampleIds);
      columns.node.push(node);
      used +=
        bytesOf(group.id) +
        numberBytes(group.count, reason, user, created, node, labels, outlook, ...group.exampleIds) +
        3;
      return true;
    },
    get columns() {
      const { labels, outlook, ...others } = columns;
      const groups = {
        ...others,
        ...(labels.some((one) => one >= 0) && { labels }),
        ...(outlook.some((one) => one >= 0) && { outlook }),
      };
      return { texts: texts.all, frames, nodes, groups, system };
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
    bytes: () => total,
    knows: (value: T) => index.has(value),
    of(value: T): number {
      const known = index.get(value);
      if (known !== undefined) return known;
      index.set(value, all.length);
      total += size(value);
      return all.push(value) - 1;
    },
  };
}
