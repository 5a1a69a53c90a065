import type { Edge, Finding, Group, Resource, RootGoroutine } from '../../analysis/model/diagnosis.js';
import { ownFrame } from '../../analysis/model/own-frame.js';
import { isQueuedBehind, nodeNameOf } from '../finding/edges.js';
import { objectState } from './object-state.js';

/** A goroutine or an object of a root cause; or several that are alike and stand in one place of the graph. */
export type Folded = {
  readonly id: string;
  /** Ids of all that it stands for, `G20` or `R1`, itself included. */
  readonly members: readonly string[];
} & (
  | { readonly kind: 'goroutine'; readonly one: RootGoroutine; readonly count: number }
  | { readonly kind: 'object'; readonly one: Resource; readonly count: number }
);

/** As the diagnosis has it; a lock that goroutines wait for behind a waiting writer is not held by that one. */
export interface FoldedEdge extends Omit<Edge, 'relation'> {
  readonly relation: Edge['relation'] | 'queued-behind';
}

export interface FoldedGraph {
  readonly nodes: readonly Folded[];
  readonly edges: readonly FoldedEdge[];
}

/**
 * The wait-for graph of a root cause with what is alike folded: goroutines that its edges name by their group, or
 * not at all, and objects that differ in their address alone. What has one address is one object, in whatever way it is
 * waited for.
 */
export function foldGraph(finding: Pick<Finding, 'rootCause'>, groups: readonly Group[]): FoldedGraph {
  const { goroutines, resources, edges } = finding.rootCause;
  const named = new Set(edges.flatMap(({ from, to }) => [from, to]));
  const standsFor = new Map<string, string>();
  const crowds = new Map<string, RootGoroutine[]>();
  for (const goroutine of goroutines) {
    const own = nodeNameOf(goroutine);
    const group = named.has(own) ? own : (groupOf(goroutine, groups) ?? own);
    standsFor.set(own, group);
    crowds.set(group, [...(crowds.get(group) ?? []), goroutine]);
  }
  const links: FoldedEdge[] = complete(edges, goroutines, standsFor).map((edge) =>
    isQueuedBehind(edge, finding) ? { ...edge, relation: 'queued-behind' } : edge,
  );
  const alike = alikeObjects(resources, links, goroutines);
  for (const [id, members] of alike) for (const one of members) standsFor.set(one.id, id);
  const at = (id: string): string => standsFor.get(id) ?? id;
  const nodes: Folded[] = [
    ...[...crowds].flatMap(([id, members]): Folded[] => {
      const [one] = members;
      const ids = members.map(nodeNameOf);
      return one === undefined ? [] : [{ id, kind: 'goroutine', one, count: members.length, members: ids }];
    }),
    ...[...alike].flatMap(([id, members]): Folded[] => {
      const [one] = members;
      const ids = members.map((member) => member.id);
      const count = new Set(members.map(({ address, id: own }) => (address === '0x0' ? own : address))).size;
      return one === undefined ? [] : [{ id, kind: 'object', one, count, members: ids }];
    }),
  ];
  return { nodes, edges: joined(links.map((edge) => ({ ...edge, from: at(edge.from), to: at(edge.to) }))) };
}

/** Where a goroutine waits, and for what reason. */
export function placeOf({ stack, userLocation, waitReason, instance = '' }: RootGoroutine): string {
  const { function: name, line } = ownFrame(stack) ?? userLocation;
  return `${instance} ${name}:${line} ${waitReason}`;
}

/** The group that a goroutine is of: it is named there as an example, or has the same stack. */
function groupOf({ id, stack }: RootGoroutine, groups: readonly Group[]): string | undefined {
  const path = (frames: readonly { function: string; line: number }[]): string =>
    frames.map((frame) => `${frame.function}:${frame.line}`).join('\n');
  const own = path(stack);
  return (
    groups.find(({ exampleIds }) => exampleIds.includes(id)) ??
    groups.find((group) => path(group.stack) === own)
  )?.id;
}

/** The edges, and those that are not told since others like them are. */
function complete(
  edges: readonly Edge[],
  goroutines: readonly RootGoroutine[],
  standsFor: ReadonlyMap<string, string>,
): Edge[] {
  const told = new Set(edges.map(({ from, to }) => `${standsFor.get(from) ?? from} ${to}`));
  const silent = goroutines.flatMap((goroutine) => {
    const from = standsFor.get(nodeNameOf(goroutine)) ?? nodeNameOf(goroutine);
    return goroutine.waitsFor
      .filter((to) => !told.has(`${from} ${to}`))
      .map((to): Edge => ({ from, to, relation: 'waits-for', inferred: false, evidence: [] }));
  });
  return [...edges, ...silent];
}

/**
 * Objects by the node that stands for them: those of one address, and those that are alike: waited for at one place, and
 * each leads nowhere or, as what a pool hands out, to the same several goroutines.
 */
function alikeObjects(
  resources: readonly Resource[],
  edges: readonly FoldedEdge[],
  goroutines: readonly RootGoroutine[],
): Map<string, Resource[]> {
  const nodes = new Map<string, Resource[]>();
  const byLook = new Map<string, string>();
  const byAddress = new Map<string, string>();
  for (const one of resources) {
    const leads = [...new Set(edges.filter(({ from }) => from === one.id).map(({ to }) => to))].sort();
    const waiting = goroutines.filter(({ waitsFor }) => waitsFor.includes(one.id)).map(placeOf);
    const look = JSON.stringify([
      leads.length === 1 ? one.id : leads,
      one.name,
      objectState(one),
      [...new Set(waiting)].sort(),
    ]);
    const place = `${one.instance ?? ''} ${one.address}`;
    const id = byAddress.get(place) ?? byLook.get(look) ?? one.id;
    byLook.set(look, id);
    // Nil channels have no address that tells one from another.
    if (one.address !== '0x0') byAddress.set(place, id);
    nodes.set(id, [...(nodes.get(id) ?? []), one]);
  }
  return nodes;
}

/** One edge for all that say the same of the same nodes, with the evidence of all. */
export function joined(edges: readonly FoldedEdge[]): FoldedEdge[] {
  const found = new Map<string, FoldedEdge>();
  for (const edge of edges) {
    const key = `${edge.from} ${edge.to} ${edge.relation}`;
    const { evidence = [], inferred = false } = found.get(key) ?? {};
    found.set(key, {
      ...edge,
      inferred: inferred || edge.inferred,
      evidence: [...new Set([...evidence, ...edge.evidence])],
    });
  }
  return [...found.values()];
}
