interface Node {
  readonly id: string;
}
interface Edge {
  readonly from: string;
  readonly to: string;
}

/** The same graph, with a mark at each node and edge from which one comes back to it. */
export function cyclesOf<N extends Node, E extends Edge>({
  nodes,
  edges,
}: {
  readonly nodes: readonly N[];
  readonly edges: readonly E[];
}): {
  readonly nodes: readonly (N & { readonly cycle?: true })[];
  readonly edges: readonly (E & { readonly cycle?: true })[];
} {
  const next = new Map<string, string[]>();
  for (const { from, to } of edges) next.set(from, [...(next.get(from) ?? []), to]);
  const reached = new Map(nodes.map(({ id }) => [id, reachedFrom(id, next)]));
  return {
    nodes: nodes.map((one) => ({ ...one, ...(reached.get(one.id)?.has(one.id) && { cycle: true }) })),
    edges: edges.map((one) => ({ ...one, ...(reached.get(one.to)?.has(one.from) && { cycle: true }) })),
  };
}

function reachedFrom(start: string, next: ReadonlyMap<string, readonly string[]>): Set<string> {
  const seen = new Set<string>();
  const waiting = [...(next.get(start) ?? [])];
  for (let id = waiting.pop(); id !== undefined; id = waiting.pop()) {
    if (seen.has(id)) continue;
    seen.add(id);
    waiting.push(...(next.get(id) ?? []));
  }
  return seen;
}
