import { html, type Markup } from '../html.js';
import type { GraphEdge, GraphNode, GraphPicture } from '../page-data.js';

/*
 * Pictures as one SVG file: what `--svg` writes, and what the page copies. It knows nothing but what is given to it.
 */

const margin = 16;
const titleHeight = 28;
const captionLine = 17;
/** Of the widest letters that a browser may choose, points. */
const letterWidth = 7.4;
const lineHeight = 18;

const style = `
text { font: 13px Helvetica, Arial, sans-serif; fill: #1f2430; text-anchor: middle; }
.title { font-weight: bold; text-anchor: start; }
.caption { fill: #555b6b; text-anchor: start; }
.name { font-weight: bold; }
.more { font: 11.5px monospace; fill: #555b6b; }
.code { font: bold 11.5px monospace; }
rect { fill: #fff; stroke: #6b7280; stroke-width: 1.2; }
.goroutine rect { fill: #fdecea; stroke: #b3261e; }
.object rect { fill: #e8f0fe; stroke: #1a56c4; }
.victims rect { fill: #eceef1; stroke: #9aa1ad; }
.victims text { fill: #6b7280; }
.cycle rect { stroke-width: 2.6; }
.page { fill: #fff; stroke: none; }
.curve { fill: none; stroke: #7b8291; stroke-width: 1.4; }
.tip { fill: #7b8291; }
.inferred .curve { stroke-dasharray: 5 4; }
.cycle .curve { stroke: #b3261e; stroke-width: 3.2; }
.cycle .tip { fill: #b3261e; }
.cycle.inferred .curve { stroke-dasharray: 9 5; }
.queued-behind .curve, .queued-behind.inferred .curve { stroke: #1a56c4; stroke-dasharray: 0.1 5; stroke-linecap: round; stroke-width: 2.4; }
.queued-behind .tip { fill: #1a56c4; }
.edge text { fill: #555b6b; paint-order: stroke; stroke: #fff; stroke-width: 4px; }`;

/** The pictures below each other, each under its title and over its caption. */
export function picturesSvg(pictures: readonly GraphPicture[]): string {
  const width = Math.max(...pictures.map((one) => Math.max(one.width, one.title.length * letterWidth)));
  let top = 0;
  const parts = pictures.map((picture) => {
    const { title } = picture;
    const y = top;
    const caption = wrapped(picture.caption, Math.floor(width / letterWidth));
    top += titleHeight + picture.height + caption.length * captionLine + 3 * margin;
    return html`<g transform="translate(${margin} ${y + margin})"><text class="title" y="12">${title}</text><g transform="translate(0 ${titleHeight})">${pictureMarkup(picture)}</g>${caption.map(
      (line, i) =>
        html`<text class="caption" y="${titleHeight + picture.height + margin + 8 + i * captionLine}">${line}</text>`,
    )}</g>
`;
  });
  const [wide, high] = [Math.ceil(width + 2 * margin), Math.ceil(top)];
  return html`<svg xmlns="http://www.w3.org/2000/svg" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}"><style>${{ markup: style }}</style><rect class="page" width="${wide}" height="${high}"/>
${parts}</svg>
`.markup;
}

/** Its edges and nodes for whatever SVG they are put into; a style of its own says how they look. */
export function pictureMarkup({ edges, nodes }: Pick<GraphPicture, 'edges' | 'nodes'>): Markup {
  return html`${edges.map(edgeOf)}${nodes.map(nodeOf)}`;
}

function edgeOf({ relation, inferred, cycle, path, tip, label, labelAt }: GraphEdge): Markup {
  return html`<g class="edge ${relation}${cycle && ' cycle'}${inferred && ' inferred'}"><path class="curve" d="${path}"/><path class="tip" d="${tip}"/>${
    labelAt !== undefined && html`<text x="${labelAt.x}" y="${labelAt.y + 4}">${label}</text>`
  }</g>
`;
}

function nodeOf({ kind, lines, code, cycle, x, y, width, height }: GraphNode): Markup {
  const all = code === undefined ? lines : [...lines, code];
  const first = y - ((all.length - 1) * lineHeight) / 2 + 4.5;
  const corner = kind === 'object' ? 3 : Math.min(18, height / 2.6);
  return html`<g class="node ${kind}${cycle && ' cycle'}"><rect x="${x - width / 2}" y="${y - height / 2}" width="${width}" height="${height}" rx="${corner}"/>${all.map(
    (line, i) =>
      html`<text class="${i === 0 ? 'name' : i < lines.length ? 'more' : 'more code'}" x="${x}" y="${first + i * lineHeight}">${line}</text>`,
  )}</g>
`;
}

function wrapped(text: string, columns: number): string[] {
  const lines: string[] = [];
  for (const word of text.split(' ')) {
    const last = lines.at(-1);
    if (last !== undefined && last.length + 1 + word.length <= columns)
      lines[lines.length - 1] = `${last} ${word}`;
    else if (word !== '') lines.push(word);
  }
  return lines;
}
