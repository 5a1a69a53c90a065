/** Tarjan's algorithm without recursion: a chain of goroutines may be longer than the call stack. */
export function stronglyConnected<N>(roots: readonly N[], next: (node: N) => readonly N[]): N[][] {
  const index = new Map<N, number>();
  const low = new Map<N, number>();
  const onStack = new Set<N>();
  const stack: N[] = [];
  const out: N[][] = [];
  const open = (node: N) => {
    index.set(node, index.size);
    low.set(node, index.size - 1);
    stack.push(node);
    onStack.add(node);
    return { node, edges: next(node), at: 0 };
  };
  const lower = (node: N, to: number) => low.set(node, Math.min(low.get(node) ?? to, to));
  for (const root of roots) {
    if (index.has(root)) continue;
    const work = [open(root)];
    for (let frame = work.at(-1); frame !== undefined; frame = work.at(-1)) {
      const to = frame.edges[frame.at++];
      if (to !== undefined) {
        if (!index.has(to)) work.push(open(to));
        else if (onStack.has(to)) lower(frame.node, index.get(to) ?? 0);
        continue;
      }
      work.pop();
      const parent = work.at(-1);
      if (parent !== undefined) lower(parent.node, low.get(frame.node) ?? 0);
      if (low.get(frame.node) !== index.get(frame.node)) continue;
      const component: N[] = [];
      for (let node = stack.pop(); node !== undefined; node = stack.pop()) {
        onStack.delete(node);
        component.push(node);
        if (node === frame.node) break;
      }
      out.push(component);
    }
  }
  return out;
}
