import { useEffect, useRef, useState } from 'preact/hooks';
import type { GraphEdge, GraphNode, GraphPicture } from '../../report/page-data.js';
import { CopyPicture } from './copy-picture.js';

/** How much of a picture is left free around it, points. */
const margin = 12;
const lineHeight = 18;
/** Below that share of its size letters are too small. */
const smallest = 0.8;

/** Nodes light up with their rows in the list of who waits for whom, wherever that stands. */
export const litChanged = 'lab-node-lit';

export function lightUp(finding: string, id: string | undefined): void {
  window.dispatchEvent(new CustomEvent(litChanged, { detail: { finding, id } }));
}

/** The node of a finding that is lit. */
export function useLit(finding: string): string | undefined {
  const [lit, setLit] = useState<string>();
  useEffect(() => {
    const hear = (event: Event): void => {
      const { detail } = event as CustomEvent<{ finding: string; id: string | undefined }>;
      if (detail.finding === finding) setLit(detail.id);
    };
    window.addEventListener(litChanged, hear);
    return () => window.removeEventListener(litChanged, hear);
  }, [finding]);
  return lit;
}

/** The root cause of a finding as a picture, with its caption and buttons that copy it. */
export function Picture({ id, picture }: { readonly id: string; readonly picture: GraphPicture }) {
  const box = useRef<HTMLDivElement>(null);
  const lit = useLit(id);
  const narrow = useNarrow(box, picture);
  const { leftOut } = picture;
  const { width, height, nodes, edges } = (narrow ? picture.narrow : undefined) ?? picture;
  const near = (edge: GraphEdge): boolean => edge.from === lit || edge.to === lit;
  const view = [-margin, -margin, width + 2 * margin, height + 2 * margin] as const;
  return (
    <figure class="graph">
      <div class="wide" ref={box} tabIndex={0} role="group" aria-label={`Picture of ${id}`}>
        <svg
          viewBox={view.join(' ')}
          style={{
            width: `${Math.round(view[2] * 1.15)}px`,
            '--least': `${Math.round(view[2] * (narrow || picture.narrow === undefined ? 0.58 : smallest))}px`,
          }}
          class={lit === undefined ? '' : 'some-lit'}
          role="group"
          aria-label={`Wait-for graph of ${id}. ${picture.caption}`}
        >
          {edges.map((edge) => (
            <g
              key={`${edge.from} ${edge.to} ${edge.relation}`}
              class={`edge ${edge.relation}${edge.cycle ? ' cycle' : ''}${edge.inferred ? ' inferred' : ''}${near(edge) ? ' lit' : ''}`}
              aria-hidden="true"
            >
              <path d={edge.path} class="curve" />
              <path d={edge.tip} class="tip" />
              {edge.labelAt !== undefined && (
                <text x={edge.labelAt.x} y={edge.labelAt.y + 4}>
                  {edge.label}
                </text>
              )}
            </g>
          ))}
          {nodes.map((node) => (
            <Node key={node.id} finding={id} node={node} lit={lit === node.id} />
          ))}
        </svg>
      </div>
      <figcaption>
        <p class="caption">{picture.caption}</p>
        <Keys picture={picture} />
        {leftOut > 0 && `Showing ${nodes.length} of ${nodes.length + leftOut} nodes. `}
        <CopyPicture picture={picture} />
      </figcaption>
    </figure>
  );
}

/** Whether the box is too narrow for the picture as it is laid out for wide screens. */
function useNarrow(
  box: { readonly current: HTMLDivElement | null },
  { width, narrow }: GraphPicture,
): boolean {
  const [tight, setTight] = useState(
    () => narrow !== undefined && innerWidth * (innerWidth >= 1_200 ? 0.5 : 0.9) < width * smallest,
  );
  useEffect(() => {
    const element = box.current;
    if (element === null || narrow === undefined) return;
    const look = new ResizeObserver(() => setTight(element.clientWidth < (width + 4 * margin) * smallest));
    look.observe(element);
    return () => look.disconnect();
  }, [box, width, narrow]);
  return tight;
}

function Keys({ picture: { nodes, edges } }: { readonly picture: GraphPicture }) {
  const keys = [
    ['goroutine', 'goroutine', nodes.some(({ kind }) => kind === 'goroutine')],
    ['object', 'channel or lock', nodes.some(({ kind }) => kind === 'object')],
    ['victims', 'blocked behind it', nodes.some(({ kind }) => kind === 'victims')],
    ['thick', 'the cycle', edges.some(({ cycle }) => cycle)],
    ['dashed', 'inferred from source', edges.some(({ inferred }) => inferred)],
    ['dotted', 'queued behind, not held by', edges.some(({ relation }) => relation === 'queued-behind')],
  ] as const;
  return (
    <p class="keys">
      {keys.map(
        ([name, words, there]) =>
          there && (
            <span key={name}>
              <span class={`key ${name}`} /> {words}{' '}
            </span>
          ),
      )}
    </p>
  );
}

function Node({
  finding,
  node,
  lit,
}: {
  readonly finding: string;
  readonly node: GraphNode;
  readonly lit: boolean;
}) {
  const { id, kind, lines, code, cycle, x, y, width, height } = node;
  const all = code === undefined ? lines : [...lines, code];
  const first = y - ((all.length - 1) * lineHeight) / 2 + 4.5;
  return (
    <a
      href={`#${finding}-${id}`}
      class={`node ${kind}${cycle ? ' cycle' : ''}${lit ? ' lit' : ''}`}
      onMouseEnter={() => lightUp(finding, id)}
      onMouseLeave={() => lightUp(finding, undefined)}
      onFocus={() => lightUp(finding, id)}
      onBlur={() => lightUp(finding, undefined)}
    >
      <rect
        x={x - width / 2}
        y={y - height / 2}
        width={width}
        height={height}
        rx={kind === 'object' ? 3 : Math.min(18, height / 2.6)}
      />
      {all.map((line, i) => (
        <text
          key={i}
          x={x}
          y={first + i * lineHeight}
          class={i === 0 ? 'name' : i < lines.length ? 'more' : 'more code'}
        >
          {`${line} `}
        </text>
      ))}
    </a>
  );
}
