import type { FindingPart, GraphEdge, GraphNode, GraphPicture } from '../../report/page-data.js';
import { lightUp, useLit } from './wait-graph.js';
import { counted, number, ownFrame, shortName } from './words.js';

/** Goroutines that are alike, named one by one. */
const mostMembers = 40;

/** The graph in words: each node with what it waits for, or who could release it. */
export function Rows({
  finding,
  picture,
}: {
  readonly finding: FindingPart;
  readonly picture: GraphPicture;
}) {
  const { id, rootCause } = finding;
  const lit = useLit(id);
  const titles = new Map(picture.nodes.map((node) => [node.id, titleOf(node, picture.nodes)]));
  return (
    <ul class="who">
      {picture.nodes.map((node) => (
        <li
          key={node.id}
          id={`${id}-${node.id}`}
          class={lit === node.id ? 'lit' : ''}
          onMouseEnter={() => lightUp(id, node.id)}
          onMouseLeave={() => lightUp(id, undefined)}
        >
          {node.members
            .filter((member) => member !== node.id)
            .map((member) => (
              <span key={member} id={`${id}-${member}`} />
            ))}
          <b class={node.kind}>{titles.get(node.id)}</b> <Told node={node} rootCause={rootCause} />
          <ul>
            {picture.edges
              .filter(({ from }) => from === node.id)
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
          <span class="tag">inferred</span>
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
}: {
  readonly node: GraphNode;
  readonly rootCause: FindingPart['rootCause'];
}) {
  if (node.kind === 'victims') {
    const { members, moreGroups = 0 } = node;
    return (
      <>
        blocked behind it, in {members.join(', ')}
        {moreGroups > 0 && ` and ${counted(moreGroups, 'more group')}`}
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
        {role !== '' && `${several ? 'each ' : ''}${role}; `}
        {waitReason === '' ? 'running' : `parked with “${waitReason}”`} in{' '}
        <code>{shortName((ownFrame(stack) ?? userLocation).function)}</code>
        {several && <span class="dim"> {node.members.slice(0, mostMembers).join(', ')}</span>}
        {node.members.length > mostMembers && ` and ${number(node.members.length - mostMembers)} more`}
      </>
    );
  }
  const object = rootCause.resources.find((one) => one.id === member);
  if (object === undefined) return null;
  const same = rootCause.resources.every(
    ({ id, address }) => !node.members.includes(id) || address === object.address,
  );
  return (
    <>
      {several && !same
        ? `${number(node.members.length)} ${object.cap === 0 ? 'unbuffered ' : ''}${object.kind}s`
        : object.kind === 'nil-channel'
          ? 'which no operation can wake'
          : object.kind}
      {object.elemType !== undefined && ` of ${object.elemType}`}
      {object.cap === 0 && (!several || same) && ', unbuffered'}
      {object.cap !== undefined && object.cap > 0 && `, ${object.len ?? 0} of ${object.cap} full`}
      {object.closed === true && ', closed'}
      {/^0x0*[1-9a-f]/.test(object.address) && !object.name.includes(object.address) && (
        <>
          {' '}
          {several && !same ? '(e.g. ' : 'at '}
          <code>{object.address}</code>
          {several && !same && ')'}
        </>
      )}
    </>
  );
}
