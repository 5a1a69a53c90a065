import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import { isAssertive } from '../../expectation.js';
import { html, type Markup } from '../html.js';
import { drawGraph } from '../page/graph.js';
import type { GraphEdge, GraphNode } from '../page-data.js';

/** Who waits for whom, of the finding that is told first, through all instances that it goes through; `undefined` without one. */
export async function fleetGraph(diagnosis: Diagnosis | undefined): Promise<Markup | undefined> {
  const [finding] = diagnosis?.findings.filter(isAssertive) ?? [];
  if (diagnosis === undefined || finding === undefined) return undefined;
  const picture = await drawGraph(finding, diagnosis);
  if (picture === undefined) return undefined;
  const names = new Map(diagnosis.instances?.map(({ id, name }) => [id, name]));
  const [wide, high] = [Math.ceil(picture.width), Math.ceil(picture.height)];
  return html`<figure class="wide"><svg class="graph" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}" role="img" aria-label="Who waits for whom">
${picture.edges.map(edgeOf)}${picture.nodes.map((node) => nodeOf(node, names))}</svg></figure>`;
}

function edgeOf({ relation, inferred, path, tip, label, labelAt }: GraphEdge): Markup {
  return html`<g class="edge ${relation}${inferred && ' inferred'}"><path class="curve" d="${path}"/><path class="tip" d="${tip}"/>${
    labelAt !== undefined && html`<text x="${labelAt.x}" y="${labelAt.y + 4}">${label}</text>`
  }</g>
`;
}

function nodeOf({ kind, lines, x, y, width, height }: GraphNode, names: ReadonlyMap<string, string>): Markup {
  const first = y - ((lines.length - 1) * 18) / 2 + 4.5;
  const corner = kind === 'object' ? 3 : height / 2.6;
  // Processes are `I1`, `I2` in the diagnosis.
  const shown = lines.map((line) => line.replace(/^I\d+(?=: )/, (id) => names.get(id) ?? id));
  return html`<g class="node ${kind}"><rect x="${x - width / 2}" y="${y - height / 2}" width="${width}" height="${height}" rx="${corner}"/>${shown.map(
    (line, i) =>
      html`<text class="${i === 0 ? 'name' : 'more'}" x="${x}" y="${first + i * 18}">${line}</text>`,
  )}</g>
`;
}
