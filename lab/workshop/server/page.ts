import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LabError } from '../../errors.js';
import { projectRoot } from '../../paths.js';
import type { PageView } from '../view.js';

/** The script and the style of the pages, as Vite has built them. */
export interface PageFiles {
  readonly script: Buffer;
  readonly style: Buffer;
}

/** Reads what the build has left. Throws `internal` when it is not there. */
export async function readPageFiles(): Promise<PageFiles> {
  const read = (name: string) => readFile(join(projectRoot, 'dist', 'web', 'workshop', name));
  try {
    const [script, style] = await Promise.all([read('page.js'), read('page.css')]);
    return { script, style };
  } catch (cause) {
    throw new LabError('the pages of the workshop have not been built', {
      ...{ code: 'internal', hint: 'build them: npm run build', cause },
    });
  }
}

/**
 * Scripts, styles and connections of this server alone; no frame, no form, no plug-in. uPlot sets styles on elements;
 * the terminal makes style sheets of its own, which bear the nonce.
 */
export const pagePolicy = (nonce: string): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "connect-src 'self'",
    'img-src data:',
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; ');

/** For who came without the link; it tells nothing of the workbook. */
export const closedHtml = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Workshop</title>
<main>
<h1>This workbook opens by its link</h1>
<p>The terminal in which <code>npx lab workshop</code> runs has printed it; it ends in <code>token=</code> and a long word.
Typing the same command again, in another terminal, prints it once more.</p>
</main>
</html>
`;

/** The page with its first state in it, so that it needs no second request before it says something; its files lie at `base`. */
export function pageHtml(view: PageView, nonce: string, base = '/'): string {
  const title = view.kind === 'class' ? 'The class' : 'Workshop';
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${title} · go-deadlock-lab</title>
<link rel="stylesheet" href="${base}page.css" nonce="${nonce}">
<script src="${base}page.js" defer></script>
</head>
<body>
<div id="page"></div>
<noscript><p>The workbook needs JavaScript; it uses no network but this machine's own.</p></noscript>
<script type="application/json" id="data">${dataText(view)}</script>
</body>
</html>
`;
}

/** JSON without any character that could end its element, or begin a comment in it. */
function dataText(value: unknown): string {
  return JSON.stringify(value).replaceAll('<', '\\u003c').replaceAll('>', '\\u003e');
}
