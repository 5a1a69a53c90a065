import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import { allPrintable } from '../../printable.js';
import { html, type Markup } from '../html.js';
import type { GraphEdge, GraphNode, GraphPicture } from '../page-data.js';
import { findingTitle } from '../screen/titles.js';
import { drawGraph } from './graph.js';

const margin = 16;
const titleHeight = 28;
/** Findings that are drawn below each other. */
const mostPictures = 5;

const style = `
text { font: 13px Helvetica, Arial, sans-serif; fill: #1f2430; text-anchor: middle; }
.title { font-weight: bold; text-anchor: start; }
.name { font-weight: bold; }
.more { font: 11.5px monospace; fill: #555b6b; }
rect { fill: #fff; stroke: #6b7280; stroke-width: 1.2; }
.goroutine rect { fill: #fdecea; stroke: #b3261e; }
.object rect { fill: #e8f0fe; stroke: #1a56c4; }
.page { fill: #fff; stroke: none; }
.curve { fill: none; stroke: #555b6b; stroke-width: 1.4; }
.tip { fill: #555b6b; }
.inferred .curve { stroke-dasharray: 5 4; }
.queued-behind .curve { stroke: #1a56c4; stroke-dasharray: 0.1 5; stroke-linecap: round; stroke-width: 2.4; }
.queued-behind .tip { fill: #1a56c4; }
.edge text { fill: #555b6b; paint-order: stroke; stroke: #fff; stroke-width: 4px; }`;

/** The wait-for graph of each finding as one SVG file, without any other file; `undefined` when there is none. */
export async function diagnosisSvg(given: Diagnosis): Promise<string | undefined> {
  const diagnosis = allPrintable(given);
  const drawn: { readonly title: string; readonly picture: GraphPicture }[] = [];
  for (const finding of diagnosis.findings.slice(0, mostPictures)) {
    const picture = await drawGraph(finding, diagnosis);
    if (picture === undefined) continue;
    drawn.push({ title: `${finding.rule}: ${findingTitle(finding)} (${finding.certainty})`, picture });
  }
  if (drawn.length === 0) return undefined;
  // Titles are set in the widest letters that a browser may choose.
  const width = Math.max(...drawn.map(({ picture, title }) => Math.max(picture.width, title.length * 7.4)));
  let top = 0;
  const parts = drawn.map(({ title, picture }) => {
    const y = top;
    top += titleHeight + picture.height + 2 * margin;
    return html`<g transform="translate(${margin} ${y + margin})"><text class="title" y="12">${title}</text><g transform="translate(0 ${titleHeight})">${picture.edges.map(edgeOf)}${picture.nodes.map(nodeOf)}</g></g>
`;
  });
  const [wide, high] = [Math.ceil(width + 2 * margin), Math.ceil(top)];
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}"><style>${{ markup: style }}</style><rect class="page" width="${wide}" height="${high}"/>
${parts}</svg>
`.markup;
}

function edgeOf({ relation, inferred, path, tip, label, labelAt }: GraphEdge): Markup {
  return html`<g class="edge ${relation}${inferred && ' inferred'}"><path class="curve" d="${path}"/><path class="tip" d="${tip}"/>${
    labelAt !== undefined && html`<text x="${labelAt.x}" y="${labelAt.y + 4}">${label}</text>`
  }</g>
`;
}

function nodeOf({ kind, lines, x, y, width, height }: GraphNode): Markup {
  const first = y - ((lines.length - 1) * 18) / 2 + 4.5;
  const corner = kind === 'object' ? 3 : height / 2.6;
  return html`<g class="node ${kind}"><rect x="${x - width / 2}" y="${y - height / 2}" width="${width}" height="${height}" rx="${corner}"/>${lines.map(
    (line, i) =>
      html`<text class="${i === 0 ? 'name' : 'more'}" x="${x}" y="${first + i * 18}">${line}</text>`,
  )}</g>
`;
}
