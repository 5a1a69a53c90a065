import { pictureMermaid } from '../../report/page/mermaid.js';
import { picturesSvg } from '../../report/page/picture-svg.js';
import type { GraphPicture } from '../../report/page-data.js';
import { CopyBy, copyText, save } from './parts.js';

/** Pixels of the PNG for each point of the picture. */
const scale = 2;

/** Copies a picture: the SVG is the one that `lab analyze --svg` writes. */
export function CopyPicture({ picture }: { readonly picture: GraphPicture }) {
  const svg = () => picturesSvg([picture]);
  return (
    <span class="copies">
      Copy as <CopyBy label="SVG" what="the picture as SVG" copy={() => copyText(svg())} />{' '}
      <CopyBy label="PNG" what="the picture as PNG" copy={() => copyPng(svg())} />{' '}
      <CopyBy label="Mermaid" what="the picture as Mermaid" copy={() => copyText(pictureMermaid(picture))} />
    </span>
  );
}

/** Into the clipboard; where a browser takes no pictures there, as a file. */
async function copyPng(svg: string): Promise<'copied' | 'saved' | 'failed'> {
  const png = await pngOf(svg);
  try {
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': png })]);
    return 'copied';
  } catch {
    save(png, 'wait-for-graph.png');
    return 'saved';
  }
}

async function pngOf(svg: string): Promise<Blob> {
  const image = new Image();
  image.src = `data:image/svg+xml;charset=utf-8,${encodeURIComponent(svg)}`;
  await image.decode();
  const canvas = document.createElement('canvas');
  canvas.width = image.naturalWidth * scale;
  canvas.height = image.naturalHeight * scale;
  canvas.getContext('2d')?.drawImage(image, 0, 0, canvas.width, canvas.height);
  return await new Promise((resolve, reject) => {
    canvas.toBlob((png) => (png === null ? reject(new Error('no picture')) : resolve(png)), 'image/png');
  });
}
