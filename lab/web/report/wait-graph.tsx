import { useState } from 'preact/hooks';
import type { FindingPart, GraphEdge, GraphNode, GraphPicture } from '../../report/page-data.js';
import { Prose } from './parts.js';
import { counted, shortName } from './words.js';

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
  return (
    <>
      {picture !== undefined && <Picture id={id} picture={picture} lit={lit} onLit={setLit} />}
      <Rows finding={finding} lit={lit} onLit={setLit} />
    </>
  );
}

interface Lit {
  readonly lit: string | undefined;
  readonly onLit: (id: string | undefined) => void;
}

function Picture({ id, picture, lit, onLit }: Lit & { readonly id: string; readonly picture: GraphPicture }) {
  const { width, height, nodes, edges, leftOut } = picture;
  const near = (edge: GraphEdge): boolean => edge.from === lit || edge.to === lit;
  const box = [-margin, -margin, width + 2 * margin, height + 2 * margin];
  return (
    <figure class="graph">
      <div class="wide" tabIndex={0} role="group" aria-label={`Picture of ${id}`}>
        <svg
          viewBox={box.join(' ')}
          style={{ width: `${(width + 2 * margin) * 1.15}px` }}
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
        <span class="key victims" /> who waits behind <span class="key dashed" /> deduced from code, not read
        from memory
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

/** The graph in words: each node with what it waits for, or who could release it. */
function Rows({ finding, lit, onLit }: Lit & { readonly finding: FindingPart }) {
  const { id, rootCause, victims } = finding;
  const names = new Map<string, string>([
    ...rootCause.goroutines.map((one) => [`G${one.id}`, `goroutine ${one.id}`] as const),
    ...rootCause.resources.map((one) => [one.id, shortName(one.name)] as const),
  ]);
  const labels = new Map(
    finding.picture?.edges.map((edge) => [`${edge.from} ${edge.to} ${edge.relation}`, edge.label]),
  );
  const row = (node: string, title: string, text: preact.ComponentChildren) => (
    <li
      key={node}
      id={`${id}-${node}`}
      class={lit === node ? 'lit' : ''}
      onMouseEnter={() => onLit(node)}
      onMouseLeave={() => onLit(undefined)}
    >
      <b>{title}</b> {text}
      <ul>
        {rootCause.edges
          .filter(({ from }) => from === node)
          .map((edge) => (
            <li key={`${edge.to} ${edge.relation}`}>
              {labels.get(`${node} ${edge.to} ${edge.relation}`) ?? edge.relation.replace('-', ' ')}
              {': '}
              <a href={`#${id}-${edge.to}`}>{names.get(edge.to) ?? edge.to}</a>
              {edge.inferred && (
                <>
                  {' '}
                  <span class="tag">deduced</span>
                </>
              )}
              {edge.evidence.map((one) => (
                <a key={one} class="proof" href={`#${id}-${one}`} aria-label={`evidence ${one}`}>
                  {one}
                </a>
              ))}
            </li>
          ))}
      </ul>
    </li>
  );
  return (
    <ul class="who">
      {rootCause.goroutines.map((one) =>
        row(
          `G${one.id}`,
          `Goroutine ${one.id}`,
          <>
            {one.role !== '' && `${one.role}; `}parked with “{one.waitReason}” in{' '}
            <code>{shortName(one.userLocation.function)}</code>
          </>,
        ),
      )}
      {rootCause.resources.map((one) =>
        row(
          one.id,
          shortName(one.name),
          <>
            {one.kind}
            {one.elemType !== undefined && ` of ${one.elemType}`} at <code>{one.address}</code>
            {one.cap !== undefined &&
              (one.cap === 0 ? ', unbuffered' : `, ${one.len ?? 0} of ${one.cap} full`)}
            {one.closed === true && ', closed'}
          </>,
        ),
      )}
      {victims.goroutines > 0 &&
        row('V', counted(victims.goroutines, 'goroutine'), `wait behind it, in ${victims.groups.join(', ')}`)}
    </ul>
  );
}
