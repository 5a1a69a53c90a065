import { instance, type Viz } from '@viz-js/viz';
import { z } from 'zod';
import type { Edge, Finding, Group } from '../../analysis/diagnosis.js';
import type { GraphEdge, GraphNode, GraphPicture } from '../page-data.js';
import { type Folded, type FoldedGraph, foldGraph } from './fold-graph.js';
import { objectState, ownFrame, shortName, waitVerb } from './words.js';

/** More than these say nothing in a picture. */
const mostNodes = 40;
/** Pictures that come a second time, for narrow screens. */
const mostDrawnTwice = 12;
const longestLabel = 44;
/** What still can be read at the width of a page, points. */
const widest = 900;
/** Of the widest fonts that a browser may choose, points. */
const letterWidth = 7.4;
const lineHeight = 18;
const pointsPerInch = 72;

type Sketch = Omit<GraphNode, 'x' | 'y'>;
type SketchedEdge = Omit<GraphEdge, 'path' | 'tip' | 'labelAt'>;

/** The wait-for graph of a finding's root cause, laid out by Graphviz; victims are one node. */
export async function drawGraph(
  finding: Finding,
  groups: readonly Group[],
): Promise<GraphPicture | undefined> {
  const { nodes, edges, leftOut } = sketch(finding, groups);
  if (nodes.length === 0) return undefined;
  loading ??= instance();
  const viz = await loading;
  const wide = layOut(viz, nodes, edges, 'LR');
  const high = layOut(viz, nodes, edges, 'TB');
  if (wide.width > widest || wide.width <= high.width)
    return { ...(wide.width > widest ? high : wide), leftOut };
  return { ...wide, leftOut, ...(nodes.length <= mostDrawnTwice ? { narrow: high } : {}) };
}

let loading: Promise<Viz> | undefined;

function sketch(
  { rootCause, victims }: Finding,
  groups: readonly Group[],
): { readonly nodes: readonly Sketch[]; readonly edges: readonly SketchedEdge[]; readonly leftOut: number } {
  const folded = foldGraph(rootCause, groups);
  const drawn = folded.nodes.slice(0, mostNodes);
  const known = new Map(drawn.map((one) => [one.id, one]));
  const edges: SketchedEdge[] = folded.edges
    .filter(({ from, to }) => known.has(from) && known.has(to))
    .map((edge) => ({ ...edge, label: clip(labelOf(edge, known, folded)) }));
  const behind = victims.goroutines === 0 ? [] : victimTargets(rootCause, drawn);
  const crowd: Sketch[] = behind.length === 0 ? [] : [victimsNode(victims.goroutines)];
  return {
    nodes: [...drawn.map(nodeOf), ...crowd],
    edges: [
      ...edges,
      ...behind.map(
        (to): SketchedEdge => ({
          ...{ from: 'V', to, label: 'wait', relation: 'waits-for', inferred: false, evidence: [] },
        }),
      ),
    ],
    leftOut: folded.nodes.length - drawn.length,
  };
}

/** The objects that more goroutines queue at than those of the root cause; of one whose queue is not known, all. */
function victimTargets({ goroutines }: Finding['rootCause'], drawn: readonly Folded[]): string[] {
  const objects = drawn.filter((node) => node.kind === 'object');
  const crowded = objects.filter(({ one: { id, waiters } }) => {
    const own = goroutines.filter(({ waitsFor }) => waitsFor.includes(id)).length;
    return waiters !== undefined && waiters.send + waiters.recv > own;
  });
  return (crowded.length > 0 ? crowded : objects.slice(0, 1)).map(({ id }) => id);
}

function nodeOf(folded: Folded): Sketch {
  const { id, count, members } = folded;
  if (folded.kind === 'object') {
    const { one } = folded;
    const name = shortName(one.name);
    return node(id, 'object', members, [
      count === 1 ? name : `${count} × ${name}`,
      objectState(one),
      count === 1 ? one.address : '',
    ]);
  }
  const { one } = folded;
  const { function: name, line } = ownFrame(one.stack) ?? one.userLocation;
  const title = count === 1 ? `goroutine ${one.id}` : `${count.toLocaleString('en-US')} goroutines`;
  return node(id, 'goroutine', members, [title, `${shortName(name)}:${line}`]);
}

function victimsNode(count: number): Sketch {
  const title = `${count.toLocaleString('en-US')} ${count === 1 ? 'goroutine' : 'goroutines'}`;
  return node('V', 'victims', [], [title, 'wait behind it']);
}

function node(
  id: string,
  kind: GraphNode['kind'],
  members: readonly string[],
  texts: readonly string[],
): Sketch {
  const lines = texts.filter((text) => text !== '').map(clip);
  const width = Math.max(...lines.map((line) => line.length)) * letterWidth + 32;
  return { id, kind, members, lines, width: Math.round(width), height: lines.length * lineHeight + 20 };
}

function labelOf(
  { from, to, relation }: Edge,
  known: ReadonlyMap<string, Folded>,
  { nodes, edges }: FoldedGraph,
) {
  const reasonOf = (id: string): string => {
    const found = nodes.find((one) => one.id === id);
    return found?.kind === 'goroutine' ? found.one.waitReason : '';
  };
  if (relation === 'held-by') return 'held by';
  if (relation === 'waits-for') return waitVerb(reasonOf(from));
  const object = known.get(from);
  const channel = object?.kind === 'object' && object.one.kind === 'channel';
  const waiter = edges.find((edge) => edge.to === from && edge.relation === 'waits-for')?.from ?? '';
  const reason = reasonOf(waiter);
  if (channel && known.has(to) && reason === 'chan send') return 'would receive';
  if (channel && known.has(to) && reason === 'chan receive') return 'would send';
  return 'would release';
}

function clip(text: string): string {
  return text.length > longestLabel ? `${text.slice(0, longestLabel - 1)}…` : text;
}

const point = z.tuple([z.number(), z.number()]);
const laidOutSchema = z.looseObject({
  bb: z.string(),
  objects: z.array(z.looseObject({ name: z.string(), pos: z.string() })),
  edges: z
    .array(
      z.looseObject({
        _draw_: z.array(z.looseObject({ op: z.string(), points: z.array(point).optional() })),
        _hdraw_: z.array(z.looseObject({ op: z.string(), points: z.array(point).optional() })).optional(),
        lp: z.string().optional(),
      }),
    )
    .default([]),
});

function layOut(
  viz: Viz,
  nodes: readonly Sketch[],
  edges: readonly SketchedEdge[],
  rankdir: 'LR' | 'TB',
): Omit<GraphPicture, 'leftOut' | 'narrow'> {
  const inches = (points: number): number => points / pointsPerInch;
  const nameOf = (id: string): string => `n${nodes.findIndex((one) => one.id === id)}`;
  const drawing = viz.renderJSON(
    {
      directed: true,
      graphAttributes: { rankdir, nodesep: 0.5, ranksep: rankdir === 'LR' ? 0.7 : 0.4, pad: 0 },
      nodeAttributes: { shape: 'box', fixedsize: true, label: '' },
      edgeAttributes: { fontname: 'Helvetica', fontsize: 13 },
      nodes: nodes.map(({ width, height }, i) => ({
        name: `n${i}`,
        attributes: { width: inches(width), height: inches(height) },
      })),
      // Graphviz needs the room of a label, not its text: that may hold anything.
      edges: edges.map(({ from, to, label }) => ({
        ...{ tail: nameOf(from), head: nameOf(to) },
        attributes: { label: 'n'.repeat(label.length + 2) },
      })),
    },
    { yInvert: true },
  );
  const { bb, objects, edges: curves } = laidOutSchema.parse(drawing);
  const [, top = 0, width = 0, bottom = 0] = numbers(bb);
  const middle = new Map(objects.map(({ name, pos }) => [name, numbers(pos)]));
  return {
    width,
    height: Math.abs(bottom - top),
    nodes: nodes.map((one) => {
      const [x = 0, y = 0] = middle.get(nameOf(one.id)) ?? [];
      return { ...one, x, y };
    }),
    // Graphviz keeps the order in which edges were given.
    edges: edges.map((edge, i) => {
      const curve = curves[i];
      const points = (drawn: typeof curve extends undefined ? never : (typeof curves)[number]['_draw_']) =>
        drawn.flatMap((step) => (step.points === undefined ? [] : [step.points]))[0] ?? [];
      const [x, y] = numbers(curve?.lp ?? '');
      return {
        ...edge,
        path: bezier(points(curve?._draw_ ?? [])),
        tip: polygon(points(curve?._hdraw_ ?? [])),
        ...(x === undefined || y === undefined ? {} : { labelAt: { x, y } }),
      };
    }),
  };
}

type Points = readonly (readonly [number, number])[];

function bezier([first, ...rest]: Points): string {
  if (first === undefined) return '';
  return `M${first.join(',')}C${rest.map((one) => one.join(',')).join(' ')}`;
}

function polygon(points: Points): string {
  return points.length === 0 ? '' : `M${points.map((one) => one.join(',')).join('L')}Z`;
}

function numbers(text: string): number[] {
  return text.split(',').map(Number).filter(Number.isFinite);
}
