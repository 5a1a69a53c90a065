import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import { isAssertive } from '../../expectation.js';
import { listed } from '../../fleet/same-cause.js';
import { html, type Markup } from '../html.js';
import { drawGraph } from '../page/graph.js';
import { pictureMarkup } from '../page/picture-svg.js';
import type { GraphNode, GraphPicture } from '../page-data.js';

/** Free around the picture, points. */
const margin = 8;
/** What still can be read at the width of a phone, points. */
const slim = 560;

/** Who waits for whom, of the finding that is told first, through all instances that it goes through; `undefined` without one. */
export async function fleetGraph(diagnosis: Diagnosis | undefined): Promise<Markup | undefined> {
  const [finding] = diagnosis?.findings.filter(isAssertive) ?? [];
  if (diagnosis === undefined || finding === undefined) return undefined;
  const picture = await drawGraph(finding, diagnosis);
  if (picture === undefined) return undefined;
  const names = new Map(diagnosis.instances?.map(({ id, name }) => [id, name]));
  const instances = (finding.instances ?? []).map(({ instance: id }) => names.get(id) ?? id);
  // Processes are `I1`, `I2` in the diagnosis.
  const named = (text: string): string => text.replaceAll(/\bI\d+(?=: |\.G)/g, (id) => names.get(id) ?? id);
  const namedIn = (nodes: readonly GraphNode[]) =>
    nodes.map((node) => ({ ...node, lines: node.lines.map(named) }));
  const nodes = namedIn(picture.nodes);
  const drawn = instances.filter((name) => nodes.some(({ lines }) => lines[0]?.startsWith(`${name}: `)));
  const alike = instances.filter((name) => !drawn.includes(name));
  const note =
    alike.length === 0 || drawn.length === 0
      ? ''
      : ` Drawn is ${listed(drawn)}; ${listed(alike)} ${alike.length === 1 ? 'looks' : 'look'} the same, and what is blocked is counted in all.`;
  const { narrow } = picture;
  const drawings =
    narrow === undefined
      ? drawing(picture, nodes, picture.width <= slim ? 'graph slim' : 'graph')
      : [drawing(picture, nodes, 'graph across'), drawing(narrow, namedIn(narrow.nodes), 'graph down')];
  return html`<figure><div class="wide picture" tabindex="0" role="group" aria-label="Picture">${drawings}</div><figcaption>${named(picture.caption)}${note}</figcaption></figure>`;
}

/** The page has no script that would choose one: of two, its style shows that which fits. */
function drawing(
  { width, height, edges }: Pick<GraphPicture, 'width' | 'height' | 'edges'>,
  nodes: readonly GraphNode[],
  of: string,
): Markup {
  const [wide, high] = [Math.ceil(width) + 2 * margin, Math.ceil(height) + 2 * margin];
  return html`<svg class="${of}" width="${wide}" height="${high}" viewBox="-${margin} -${margin} ${wide} ${high}" role="img" aria-label="Who waits for whom">
${pictureMarkup({ edges, nodes })}</svg>`;
}
