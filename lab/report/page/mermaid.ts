import type { GraphEdge, GraphNode, GraphPicture } from '../page-data.js';

/** A picture in the words of Mermaid, for tickets and wikis that draw it. Places and sizes are Mermaid's own. */
export function pictureMermaid({ nodes, edges, caption }: GraphPicture): string {
  const names = new Map(nodes.map(({ id }, i) => [id, `n${i}`]));
  const lines = [
    `%% ${caption.replaceAll(/\s+/g, ' ')}`,
    'flowchart TB',
    ...nodes.map((one) => `  ${names.get(one.id)}${shapeOf(one)}:::${one.kind}`),
    ...edges.map((edge) => `  ${names.get(edge.from)} ${arrowOf(edge)} ${names.get(edge.to)}`),
    '  classDef goroutine fill:#fdecea,stroke:#b3261e,color:#1f2430',
    '  classDef object fill:#e8f0fe,stroke:#1a56c4,color:#1f2430',
    '  classDef victims fill:#eceef1,stroke:#9aa1ad,color:#555b6b',
  ];
  const thick = edges.flatMap(({ cycle }, i) => (cycle ? [i] : []));
  if (thick.length > 0) lines.push(`  linkStyle ${thick.join(',')} stroke:#b3261e,stroke-width:3px`);
  return `${lines.join('\n')}\n`;
}

function shapeOf({ kind, lines, code }: GraphNode): string {
  const text = [...lines, ...(code === undefined ? [] : [code])].map(escaped).join('<br/>');
  return kind === 'object' ? `["${text}"]` : `(["${text}"])`;
}

function arrowOf({ label, inferred }: GraphEdge): string {
  return inferred ? `-. "${escaped(label)}" .->` : `-- "${escaped(label)}" -->`;
}

/** Names out of a core are text to Mermaid: what it reads as markup is named by its number. */
function escaped(text: string): string {
  return text.replaceAll(/[^\p{L}\p{N} .,:/()*_+=%-]/gu, (character) => `#${character.codePointAt(0)};`);
}
