import { useEffect } from 'preact/hooks';
import { type Kind, type KindNode, kinds } from './kinds.js';

const size = { width: 300, height: 150, box: { width: 86, height: 34 } };
const column = (index: number): number => 50 + index * 90;
const row = (index: number): number => 35 + index * 80;

/** Every kind of deadlock that the lab tells apart, each with who waits for whom. */
export function Glossary() {
  useEffect(() => {
    document.title = 'The kinds · Workshop';
  }, []);
  return (
    <article>
      <h1>The kinds, with pictures</h1>
      <p>
        A red box is a goroutine, a blue one an object: a lock, a channel, a group. An arrow leads from who
        waits to what it waits for, and from there to who has it, or from whom it would have to come.
      </p>
      <ul class="kinds">
        {kinds.map((kind) => (
          <li key={kind.name} id={`kind-${kind.name}`}>
            <h2>
              <code>{kind.name}</code> <span class="dim">{kind.class}</span>
            </h2>
            <Picture kind={kind} />
            <p>{kind.says}</p>
            <p class="dim">{kind.looks}</p>
          </li>
        ))}
      </ul>
    </article>
  );
}

function Picture({ kind: { name, nodes, arrows } }: { readonly kind: Kind }) {
  const high = nodes.some(({ at }) => at[1] > 0) ? size.height : 80;
  const told = arrows.map(([from, to, verb]) => `${from} ${verb} ${to}`).join(', ');
  const marker = `tip-${name}`;
  return (
    <svg viewBox={`0 0 ${size.width} ${high}`} role="img" aria-label={told}>
      <defs>
        <marker
          id={marker}
          viewBox="0 0 8 8"
          refX="7"
          refY="4"
          markerWidth="8"
          markerHeight="8"
          orient="auto"
        >
          <path class="tip" d="M0 0 L8 4 L0 8 z" />
        </marker>
      </defs>
      {arrows.map((arrow, i) => (
        <Arrow key={i} arrow={arrow} nodes={nodes} both={hasReverse(arrow, arrows)} marker={marker} />
      ))}
      {nodes.map(({ id, is, at }) => (
        <g key={id}>
          <rect
            {...{ class: is, rx: is === 'goroutine' ? 17 : 3, ...size.box }}
            x={column(at[0]) - size.box.width / 2}
            y={row(at[1]) - size.box.height / 2}
          />
          <text x={column(at[0])} y={row(at[1]) + 4}>
            {id}
          </text>
        </g>
      ))}
    </svg>
  );
}

type ArrowOf = Kind['arrows'][number];

const hasReverse = ([from, to]: ArrowOf, all: readonly ArrowOf[]): boolean =>
  all.some((other) => other[0] === to && other[1] === from);

/** Two between the same boxes run beside each other. */
function Arrow({
  arrow: [from, to, verb],
  nodes,
  both,
  marker,
}: {
  readonly arrow: ArrowOf;
  readonly nodes: readonly KindNode[];
  readonly both: boolean;
  readonly marker: string;
}) {
  const [a, b] = [nodes.find(({ id }) => id === from), nodes.find(({ id }) => id === to)];
  if (a === undefined || b === undefined) return null;
  const [x1, y1, x2, y2] = [column(a.at[0]), row(a.at[1]), column(b.at[0]), row(b.at[1])];
  const length = Math.hypot(x2 - x1, y2 - y1);
  const [ux, uy] = [(x2 - x1) / length, (y2 - y1) / length];
  const away = both ? 9 : 0;
  const start = edge(ux, uy);
  const [sx, sy] = [x1 + ux * start - uy * away, y1 + uy * start + ux * away];
  const [ex, ey] = [x2 - ux * (start + 2) - uy * away, y2 - uy * (start + 2) + ux * away];
  const [mx, my] = [(sx + ex) / 2, (sy + ey) / 2];
  const upright = Math.abs(uy) > Math.abs(ux);
  const slanted = !upright && Math.abs(uy) > 0.1;
  const side = upright
    ? { x: mx + (away === 0 ? 26 : -uy * 26), y: my + 4 }
    : slanted
      ? { x: mx - 24, y: my + 14 }
      : { x: mx, y: my + (ux < 0 !== both ? 15 : -6) };
  return (
    <g>
      <line class="arrow" x1={sx} y1={sy} x2={ex} y2={ey} marker-end={`url(#${marker})`} />
      <text class="verb" {...side}>
        {verb}
      </text>
    </g>
  );
}

/** How far the border of a box is from its middle, in that direction. */
function edge(ux: number, uy: number): number {
  const [w, h] = [size.box.width / 2, size.box.height / 2];
  return Math.min(
    Math.abs(ux) < 1e-6 ? Number.POSITIVE_INFINITY : w / Math.abs(ux),
    Math.abs(uy) < 1e-6 ? Number.POSITIVE_INFINITY : h / Math.abs(uy),
  );
}
