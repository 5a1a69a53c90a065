import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../errors.js';
import { projectRoot } from '../../paths.js';
import { html, type Markup } from '../html.js';
import type { PageData } from '../page-data.js';

/** The script and the style of a page, as Vite has built them. */
export interface PageAssets {
  readonly script: string;
  readonly style: string;
}

/** Reads what the build has left in `dist/web/<page>/`. Throws `internal` when it is not there. */
export async function pageAssets(page: string): Promise<PageAssets> {
  const read = (name: string) => readFile(join(projectRoot, 'dist', 'web', page, name), 'utf8');
  try {
    const [script, style] = await Promise.all([read('page.js'), read('page.css')]);
    return { script, style };
  } catch (cause) {
    throw new LabError(`the page ${page} has not been built`, {
      ...{ code: 'internal', hint: 'build it: npm run build', cause },
    });
  }
}

/** A page of data that its script shows. `plain` is what somebody reads whose browser runs no scripts. */
export function pageFile(data: PageData, assets: PageAssets, plain: string, members = ''): string {
  const body = html`<div id="page"></div>
<noscript><h1>${data.summary}</h1><pre>${plain}</pre></noscript>
<script type="application/json" id="data">${{ markup: jsonInMarkup(data) }}</script>
${
  members === ''
    ? ''
    : html`<script type="text/plain" id="members">${members}</script>
`
}`;
  return htmlFile(data.title, body, assets);
}

/** One file with everything in it: it opens from a disk, and its own policy forbids it the network. */
export function htmlFile(title: string, body: Markup, { script, style }: PageAssets): string {
  const code = script.replaceAll(/<\/(?=script)/gi, '<\\/');
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(code)}'`,
    `style-src '${hashOf(style)}'`,
    // The page's own drawing, on its way to a PNG.
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
  ].join('; ');
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="referrer" content="no-referrer">
<meta name="color-scheme" content="light dark">
<title>${title}</title>
<style>${{ markup: style }}</style>
</head>
<body>
${body}<script>${{ markup: code }}</script>
</body>
</html>
`.markup;
}

/** JSON without any character that could end its element, or begin a comment in it. */
export function jsonInMarkup(value: unknown): string {
  return JSON.stringify(value)
    .replaceAll('<', '\\u003c')
    .replaceAll('>', '\\u003e')
    .replaceAll('\u2028', '\\u2028')
    .replaceAll('\u2029', '\\u2029');
}

function hashOf(text: string): string {
  return `sha256-${createHash('sha256').update(text).digest('base64')}`;
}
