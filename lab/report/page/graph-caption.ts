import type { Diagnosis, Finding } from '../../analysis/model/diagnosis.js';
import { behindText } from '../finding/behind.js';
import { type Chain, chainsOf } from '../finding/chains.js';

const mostChains = 2;
const longest = 400;

interface Drawn {
  readonly nodes: readonly { readonly kind: string; readonly members: readonly string[] }[];
}

/** What the picture of a root cause shows: who waits for whom, and how many are blocked behind it. */
export function captionOf(finding: Finding, groups: Diagnosis['groups'], drawn: Drawn): string {
  const all = chainsOf(finding, groups);
  const chains = poolText(all, finding, drawn) ?? all.slice(0, mostChains).map(chainText);
  const sentences = [...chains, behindText(finding, groups)].filter((text) => text !== '');
  const text = sentences.map((one) => `${one}.`).join(' ');
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
}

/**
 * Of goroutines that hold together what each of them waits for, as the connections of a pool: `each of 4 goroutines selects
 * on a sql.DB.connRequests of its own, held by these 4`. One after the other they would look like a ring.
 */
function poolText(
  [chain = []]: readonly Chain[],
  { rootCause }: Finding,
  { nodes }: Drawn,
): readonly string[] | undefined {
  const [who, what] = ['goroutine', 'object'].map((kind) => nodes.filter((one) => one.kind === kind));
  const count = who?.[0]?.members.length ?? 0;
  const [wait, served] = chain;
  const isPool = rootCause.edges.filter(({ relation }) => relation === 'held-by').length === count ** 2;
  if (count < 2 || who?.length !== 1 || what?.[0]?.members.length !== count || !isPool) return undefined;
  if (wait === undefined || served === undefined) return undefined;
  const name = served.node.replace(/ \(R\d+\)$/, '');
  return [`Each of ${count} goroutines ${wait.verb} a ${name} of its own, ${served.verb} these ${count}`];
}

/** `G9 sends to Trail.entries, drained only by G19, which waits to lock Accounts.mu, held by G9`: objects stand at odd places. */
function chainText(chain: Chain): string {
  return chain
    .map(({ node, verb }, i) => {
      if (verb === '') return node;
      if (i % 2 === 1) return `${node}, ${verb}`;
      return i === 0 ? `${node} ${verb}` : `${node}, which ${verb}`;
    })
    .join(' ');
}
