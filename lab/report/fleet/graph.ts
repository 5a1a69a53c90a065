import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import { isAssertive } from '../../expectation.js';
import { html, type Markup } from '../html.js';
import { drawGraph } from '../page/graph.js';
import { pictureMarkup } from '../page/picture-svg.js';

/** Who waits for whom, of the finding that is told first, through all instances that it goes through; `undefined` without one. */
export async function fleetGraph(diagnosis: Diagnosis | undefined): Promise<Markup | undefined> {
  const [finding] = diagnosis?.findings.filter(isAssertive) ?? [];
  if (diagnosis === undefined || finding === undefined) return undefined;
  const picture = await drawGraph(finding, diagnosis);
  if (picture === undefined) return undefined;
  const names = new Map(diagnosis.instances?.map(({ id, name }) => [id, name]));
  // Processes are `I1`, `I2` in the diagnosis.
  const named = (text: string): string => text.replaceAll(/\bI\d+(?=: |\.G)/g, (id) => names.get(id) ?? id);
  const nodes = picture.nodes.map((node) => ({ ...node, lines: node.lines.map(named) }));
  const [wide, high] = [Math.ceil(picture.width), Math.ceil(picture.height)];
  return html`<figure class="wide"><svg class="graph" width="${wide}" height="${high}" viewBox="0 0 ${wide} ${high}" role="img" aria-label="Who waits for whom">
${pictureMarkup({ edges: picture.edges, nodes })}</svg><figcaption>${named(picture.caption)}</figcaption></figure>`;
}
