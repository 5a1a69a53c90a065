import { type Folded, type FoldedEdge, type FoldedGraph, joined, placeOf } from './fold-graph.js';

/**
 * The graph with goroutines as one node that wait at one place and have the same neighbours: nobody could tell them
 * apart in a picture.
 */
export function joinTwins({ nodes, edges }: FoldedGraph): FoldedGraph {
  const byLook = new Map<string, Folded>();
  const standsFor = new Map<string, string>();
  for (const node of nodes) {
    const look = node.kind === 'object' ? node.id : JSON.stringify([placeOf(node.one), ends(node.id, edges)]);
    const twin = byLook.get(look);
    standsFor.set(node.id, twin?.id ?? node.id);
    byLook.set(look, twin === undefined ? node : together(twin, node));
  }
  const at = (id: string): string => standsFor.get(id) ?? id;
  return {
    nodes: [...byLook.values()],
    edges: joined(edges.map((edge) => ({ ...edge, from: at(edge.from), to: at(edge.to) }))),
  };
}

const together = (one: Folded, other: Folded): Folded => ({
  ...one,
  count: one.count + other.count,
  members: [...one.members, ...other.members],
});

function ends(id: string, edges: readonly FoldedEdge[]): readonly string[] {
  const told = edges.flatMap(({ from, to, relation }) => [
    ...(from === id ? [`${relation} ${to}`] : []),
    ...(to === id ? [`${from} ${relation}`] : []),
  ]);
  return [...new Set(told)].sort();
}
