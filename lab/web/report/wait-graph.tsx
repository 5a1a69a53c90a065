import { useEffect, useState } from 'preact/hooks';
import type { FindingPart, GraphEdge, GraphNode, GraphPicture } from '../../report/page-data.js';
import { LeftOut, Prose } from './parts.js';
import { Rows } from './wait-rows.js';
import { counted } from './words.js';

/** How much of a picture is left free around it, points. */
const margin = 12;
/** Findings whose picture is open when the page opens. */
const open = 2;

/** The root cause of each finding as a picture, with the same told in a list. */
export function WaitGraph({ findings }: { readonly findings: readonly FindingPart[] }) {
  return (
    <>
      {findings.map((finding, i) => (
        <details key={finding.id} class="finding" open={i < open}>
          <summary>
            <b>{finding.id}</b> {finding.class}/{finding.subtype}{' '}
            <span class={`tag ${finding.certainty}`}>{finding.certainty}</span>
          </summary>
          {i > 0 && (
            <p>
              <Prose text={finding.explanation} />
            </p>
          )}
          <One finding={finding} />
        </details>
      ))}
    </>
  );
}

function One({ finding }: { readonly finding: FindingPart }) {
  const [lit, setLit] = useState<string>();
  const { picture, id } = finding;
  const { resources = 0, goroutines = 0, edges = 0 } = finding.leftOut ?? {};
  const missing: readonly (readonly [number, string])[] = [
    [goroutines, 'goroutine'],
    [resources, 'object'],
    [edges, 'edge'],
  ];
  if (picture === undefined) {
    return (
      <>
        <p>Nothing of it is drawn here.</p>
        <LeftOut what={missing} />
      </>
    );
  }
  return (
    <>
      <Picture id={id} picture={picture} lit={lit} onLit={setLit} />
      <Rows finding={finding} picture={picture} lit={lit} onLit={setLit} />
      <LeftOut what={missing} />
    </>
  );
}

const narrowScreen = '(max-width: 40rem)';

function useNarrow(): boolean {
  const [narrow, setNarrow] = useState(() => matchMedia(narrowScreen).matches);
  useEffect(() => {
    const query = matchMedia(narrowScreen);
    const look = () => setNarrow(query.matches);
    query.addEventListener('change', look);
    return () => query.removeEventListener('change', look);
  }, []);
  return narrow;
}

export interface Lit {
  readonly lit: string | undefined;
  readonly onLit: (id: string | undefined) => void;
}

function Picture({ id, picture, lit, onLit }: Lit & { readonly id: string; readonly picture: GraphPicture }) {
  const narrow = useNarrow();
  const { leftOut } = picture;
  const { width, height, nodes, edges } = (narrow ? picture.narrow : undefined) ?? picture;
  const near = (edge: GraphEdge): boolean => edge.from === lit || edge.to === lit;
  const box = [-margin, -margin, width + 2 * margin, height + 2 * margin] as const;
  return (
    <figure class="graph">
      <div class="wide" tabIndex={0} role="group" aria-label={`Picture of ${id}`}>
        <svg
          viewBox={box.join(' ')}
          style={{
            width: `${Math.round(box[2] * 1.15)}px`,
            '--least': `${Math.round(box[2] * (narrow ? 0.66 : 0.85))}px`,
          }}
          class={lit === undefined ? '' : 'some-lit'}
          role="group"
          aria-label={`Wait-for graph of ${id}: ${counted(nodes.length, 'node')}, ${counted(edges.length, 'edge')}. The list below tells the same.`}
        >
          {edges.map((edge) => (
            <g
              key={`${edge.from} ${edge.to} ${edge.relation}`}
              class={`edge ${edge.relation}${edge.inferred ? ' inferred' : ''}${near(edge) ? ' lit' : ''}`}
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
            <Node key={node.id} finding={id} node={node} lit={lit === node.id} onLit={onLit} />
          ))}
        </svg>
      </div>
      <figcaption>
        <span class="key goroutine" /> goroutine <span class="key object" /> channel or lock{' '}
        <span class="key victims" /> blocked behind it <span class="key dashed" /> inferred from source
        {edges.some(({ relation }) => relation === 'queued-behind') && (
          <>
            {' '}
            <span class="key dotted" /> queued behind, not held by
          </>
        )}
        {leftOut > 0 && `. ${leftOut} more are not drawn`}
      </figcaption>
    </figure>
  );
}

function Node({
  finding,
  node,
  lit,
  onLit,
}: {
  readonly finding: string;
  readonly node: GraphNode;
  readonly lit: boolean;
  readonly onLit: Lit['onLit'];
}) {
  const { id, kind, lines, x, y, width, height } = node;
  const first = y - ((lines.length - 1) * 18) / 2 + 4.5;
  return (
    <a
      href={`#${finding}-${id}`}
      class={`node ${kind}${lit ? ' lit' : ''}`}
      onMouseEnter={() => onLit(id)}
      onMouseLeave={() => onLit(undefined)}
      onFocus={() => onLit(id)}
      onBlur={() => onLit(undefined)}
    >
      <rect
        x={x - width / 2}
        y={y - height / 2}
        width={width}
        height={height}
        rx={kind === 'object' ? 3 : height / 2.6}
      />
      {lines.map((line, i) => (
        <text key={i} x={x} y={first + i * 18} class={i === 0 ? 'name' : 'more'}>
          {`${line} `}
        </text>
      ))}
    </a>
  );
}
