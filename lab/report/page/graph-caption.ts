import type { Diagnosis, Finding } from '../../analysis/model/diagnosis.js';
import { behindText } from '../finding/behind.js';
import { type Chain, chainsOf } from '../finding/chains.js';

const mostChains = 2;
const longest = 400;

/** What the picture of a root cause shows: who waits for whom, and how many are blocked behind it. */
export function captionOf(finding: Finding, groups: Diagnosis['groups']): string {
  const chains = chainsOf(finding, groups).slice(0, mostChains).map(chainText);
  const sentences = [...chains, behindText(finding, groups)].filter((text) => text !== '');
  const text = sentences.map((one) => `${one}.`).join(' ');
  return text.length > longest ? `${text.slice(0, longest - 1)}…` : text;
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
