import { useState } from 'preact/hooks';
import type { FindingPart, GraphEdge, GraphNode, GraphPicture } from '../../report/page-data.js';
import { LeftOut, Prose } from './parts.js';
import { counted, number, ownFrame, shortName } from './words.js';

/** How much of a picture is left free around it, points. */
const margin = 12;
/** Findings whose picture is open when the page opens. */
const open = 2;
/** Groups of victims, and goroutines that are alike, named one by one. */
const mostGroups = 12;
const mostMembers = 40;

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

interface Lit {
  readonly lit: string | undefined;
  readonly onLit: (id: string | undefined) => void;
}

function Picture({ id, picture, lit, onLit }: Lit & { readonly id: string; readonly picture: GraphPicture }) {
  const { width, height, nodes, edges, leftOut } = picture;
  const near = (edge: GraphEdge): boolean => edge.from === lit || edge.to === lit;
  const box = [-margin, -margin, width + 2 * margin, height + 2 * margin] as const;
  return (
    <figure class="graph">
      <div class="wide" tabIndex={0} role="group" aria-label={`Picture of ${id}`}>
        <svg
          viewBox={box.join(' ')}
          style={{ width: `${Math.round(box[2] * 1.15)}px`, '--least': `${Math.round(box[2] * 0.85)}px` }}
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
function Rows({
  finding,
  picture,
  lit,
  onLit,
}: Lit & { readonly finding: FindingPart; readonly picture: GraphPicture }) {
  const { id, rootCause } = finding;
  const titles = new Map(picture.nodes.map((node) => [node.id, titleOf(node, picture.nodes)]));
  return (
    <ul class="who">
      {picture.nodes.map((node) => (
        <li
          key={node.id}
          id={`${id}-${node.id}`}
          class={lit === node.id ? 'lit' : ''}
          onMouseEnter={() => onLit(node.id)}
          onMouseLeave={() => onLit(undefined)}
        >
          {node.members
            .filter((member) => member !== node.id)
            .map((member) => (
              <span key={member} id={`${id}-${member}`} />
            ))}
          <b class={node.kind}>{titles.get(node.id)}</b>{' '}
          <Told node={node} rootCause={rootCause} victims={finding.victims} />
          <ul>
            {picture.edges
              .filter(
                ({ from, relation }) =>
                  from === node.id && (node.kind !== 'victims' || relation !== 'waits-for'),
              )
              .map((edge) => (
                <EdgeRow
                  key={`${edge.to} ${edge.relation}`}
                  finding={id}
                  edge={edge}
                  title={titles.get(edge.to) ?? edge.to}
                />
              ))}
          </ul>
        </li>
      ))}
    </ul>
  );
}

function EdgeRow({
  finding,
  edge,
  title,
}: {
  readonly finding: string;
  readonly edge: GraphEdge;
  readonly title: string;
}) {
  return (
    <li>
      {edge.label}: <a href={`#${finding}-${edge.to}`}>{title}</a>
      {edge.inferred && (
        <>
          {' '}
          <span class="tag">deduced</span>
        </>
      )}{' '}
      {edge.evidence.map((one) => (
        <a key={one} class="proof" href={`#${finding}-${one}`} aria-label={`${one}, evidence`}>
          {one}
        </a>
      ))}
    </li>
  );
}

/** A name that no other node has. */
function titleOf({ id, lines }: GraphNode, nodes: readonly GraphNode[]): string {
  const [title = id] = lines;
  const alone = nodes.every((other) => other.id === id || other.lines[0] !== title);
  return alone ? title : `${title} (${id})`;
}

/** What is known of a node, beside its name. */
function Told({
  node,
  rootCause,
  victims,
}: {
  readonly node: GraphNode;
  readonly rootCause: FindingPart['rootCause'];
  readonly victims: FindingPart['victims'];
}) {
  if (node.kind === 'victims') {
    const more = victims.groups.length - mostGroups;
    return (
      <>
        wait behind it, in {victims.groups.slice(0, mostGroups).join(', ')}
        {more > 0 && ` and ${counted(more, 'more group')}`}
      </>
    );
  }
  const [member = node.id] = node.members;
  const several = node.members.length > 1;
  const goroutine = rootCause.goroutines.find((one) => `G${one.id}` === member);
  if (goroutine !== undefined) {
    const { role, waitReason, stack, userLocation } = goroutine;
    return (
      <>
        {role !== '' && `${several ? 'each ' : ''}${role}; `}parked with “{waitReason}” in{' '}
        <code>{shortName((ownFrame(stack) ?? userLocation).function)}</code>
        {several && <span class="dim"> {node.members.slice(0, mostMembers).join(', ')}</span>}
        {node.members.length > mostMembers && ` and ${number(node.members.length - mostMembers)} more`}
      </>
    );
  }
  const object = rootCause.resources.find((one) => one.id === member);
  if (object === undefined) return null;
  return (
    <>
      {object.kind}
      {object.elemType !== undefined && ` of ${object.elemType}`}
      {object.cap !== undefined &&
        (object.cap === 0 ? ', unbuffered' : `, ${object.len ?? 0} of ${object.cap} full`)}
      {object.closed === true && ', closed'} at {several ? 'as many addresses, ' : ''}
      <code>{object.address}</code>
      {several && ' among them'}
    </>
  );
}
