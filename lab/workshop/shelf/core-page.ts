import { readFile } from 'node:fs/promises';
import { join, relative } from 'node:path';
import type { Diagnosis, Group } from '../../analysis/model/diagnosis.js';
import { shortName } from '../../analysis/model/own-frame.js';
import { counted, number } from '../../counted.js';
import type { Kept } from '../kept.js';

/**
 * A core as a page without a script: goroutines by their stacks, what they wait for, and the sources. What memory says,
 * and nothing that the lab concludes from it.
 */
export async function corePage(
  title: string,
  { folder, diagnosis, core }: Kept,
  archive: string,
): Promise<string> {
  const { groups, process, objects = [] } = diagnosis;
  const { total } = process.goroutines;
  const sorted = [...groups].sort((a, b) => b.count - a.count);
  const sources = await sourcesOf(folder, sorted);
  const names = new Map(sorted.map(({ id }, i) => [id, i + 1]));
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>The core · ${escaped(title)}</title>
<link rel="stylesheet" href="/page.css">
</head>
<body class="core">
<main>
<p><a href="/">Back to the workbook</a></p>
<h1>${escaped(title)}: the core</h1>
<p>${counted(total, 'goroutine')} of a program built by ${escaped(process.goVersion)}.
<a href="${escaped(archive)}">Take ${escaped(core)} home</a>, with its executable and its sources, for Delve or
<code>lab analyze --exe server --core ${escaped(core)}</code>.</p>
<h2>Stacks, the most crowded first</h2>
${sorted.map((group, i) => groupHtml(group, i + 1, folder)).join('\n')}
<h2>What they wait for</h2>
${objectsHtml(objects, names)}
<h2>Sources</h2>
${sources.map(sourceHtml).join('\n')}
</main>
</body>
</html>
`;
}

function groupHtml(group: Group, nth: number, folder: string): string {
  const { count, waitReason, exampleIds, stack, startLocation, goStatementLocation } = group;
  // Where the program's owners would look first.
  const at = stack.find(({ file }) => file.startsWith(`${folder}/`)) ?? group.userLocation;
  const frames = stack.map(
    ({ function: name, file, line }) => `  ${name}\n      ${placeOf(folder, file)}:${line}`,
  );
  const born = goStatementLocation.function === '' ? '' : `\n  created by ${goStatementLocation.function}`;
  return `<details id="s${nth}">
<summary><strong>${number(count)}</strong> × ${escaped(waitReason === '' ? 'not parked,' : waitReason)} in
<code>${escaped(shortName(at.function))}</code>, line ${at.line}</summary>
<p>Stack ${nth}, goroutines ${exampleIds.join(', ')}${count > exampleIds.length ? ', …' : ''}; began in
<code>${escaped(startLocation.function)}</code></p>
<pre tabindex="0">${escaped(frames.join('\n') + born)}</pre>
</details>`;
}

function objectsHtml(objects: NonNullable<Diagnosis['objects']>, names: ReadonlyMap<string, number>): string {
  if (objects.length === 0) return '<p>Nothing that is in the program’s memory.</p>';
  const rows = objects.map(({ kind, address, state, waiting, groups }) => {
    const stacks = groups.flatMap((id) => names.get(id) ?? []);
    const links = stacks.map((nth) => `<a href="#s${nth}">${nth}</a>`).join(', ');
    return `<tr><td>${escaped(kind)}</td><td><code>${escaped(address)}</code></td><td class="state">${escaped(state)}</td>
<td>${number(waiting)}</td><td>${links}</td></tr>`;
  });
  return `<div class="wide" role="group" aria-label="What they wait for" tabindex="0"><table>
<thead><tr><th>Kind</th><th>Address</th><th>State</th><th>Waiting</th><th>Stacks</th></tr></thead>
<tbody>${rows.join('\n')}</tbody></table></div>`;
}

interface Source {
  readonly path: string;
  readonly text: string;
}

/** The program's own files in which somebody stands. */
async function sourcesOf(folder: string, groups: readonly Group[]): Promise<readonly Source[]> {
  const files = groups.flatMap(({ stack }) => stack.map(({ file }) => file));
  const own = [...new Set(files)].filter((file) => file.startsWith(`${folder}/`)).sort();
  const read = await Promise.all(
    own.map(async (file) => {
      const path = relative(folder, file);
      const text = await readFile(join(folder, path), 'utf8').catch(() => undefined);
      return text === undefined ? [] : [{ path, text }];
    }),
  );
  return read.flat();
}

function sourceHtml({ path, text }: Source): string {
  const lines = text.replace(/\n$/, '').split('\n');
  const width = String(lines.length).length;
  const numbered = lines.map((line, i) => `${String(i + 1).padStart(width)}  ${line}`);
  return `<details><summary><code>${escaped(path)}</code></summary>
<pre tabindex="0">${escaped(numbered.join('\n'))}</pre></details>`;
}

const placeOf = (folder: string, file: string): string =>
  file.startsWith(`${folder}/`) ? relative(folder, file) : file;

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;');
}
