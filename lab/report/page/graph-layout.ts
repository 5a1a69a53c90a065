import type { Viz } from '@viz-js/viz';
import { z } from 'zod';
import type { GraphEdge, GraphNode, GraphPicture } from '../page-data.js';

/** What has its size and no place yet. */
export type Sketch = Omit<GraphNode, 'x' | 'y'>;
export type SketchedEdge = Omit<GraphEdge, 'path' | 'tip' | 'labelAt'>;

const pointsPerInch = 72;

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

/** Places what was sketched from left to right or from top to bottom, by Graphviz; points. */
export function layOut(
  viz: Viz,
  nodes: readonly Sketch[],
  edges: readonly SketchedEdge[],
  rankdir: 'LR' | 'TB',
): Omit<GraphPicture, 'title' | 'caption' | 'leftOut' | 'narrow'> {
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
