import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import { runLogged } from './steps.mjs';

/** What the pages are made of beside their own folder. */
const shared = [
  'lab/analysis/model/own-frame.ts',
  ...['lab/counted.ts', 'lab/dump/encode-profile.ts', 'lab/quote-word.ts'],
  ...[
    'lab/report/delve-program.ts',
    'lab/report/html.ts',
    'lab/report/page-data.ts',
    'lab/report/page/mermaid.ts',
  ],
  ...['lab/report/page/picture-svg.ts', 'lab/report/finding/places.ts', 'lab/report/page/object-state.ts'],
  'package-lock.json',
];
const web = join('lab', 'web');
const stampFile = (root) => join(root, 'dist', 'web', '.built-from');

/** Folders of lab/web that are pages: each becomes `dist/web/<page>/page.js` and `page.css`. */
function pagesOf(root) {
  if (!existsSync(join(root, web))) return [];
  return readdirSync(join(root, web)).filter((name) => existsSync(join(root, web, name, 'main.tsx')));
}

/** Whether dist/web was built from the sources as they are now. */
export function pagesAreFresh(root) {
  const pages = pagesOf(root);
  if (pages.length === 0) return true;
  const built = pages.every((page) =>
    ['page.js', 'page.css'].every((name) => existsSync(join(root, 'dist', 'web', page, name))),
  );
  return built && readStamp(root) === fingerprint(root);
}

/** Builds every page with Vite, each in a process of its own. */
export async function buildPages(root, signal) {
  const before = fingerprint(root);
  rmSync(stampFile(root), { force: true });
  const vite = join('node_modules', 'vite', 'bin', 'vite.js');
  for (const page of pagesOf(root)) {
    const config = join(web, 'vite.config.mjs');
    await runLogged(root, [process.execPath, vite, 'build', '--config', config, '--mode', page], {
      ...{ signal, exitCode: 70 },
      hint: 'fix what Vite names, then try it alone: npm run build',
    });
  }
  writeFileSync(stampFile(root), before);
}

/** Names the state of all that the pages are made of: path, size and time of each file. */
function fingerprint(root) {
  const hash = createHash('sha256');
  const own = readdirSync(join(root, web), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => relative(root, join(entry.parentPath ?? entry.path, entry.name)))
    .sort();
  for (const path of [...own, ...shared]) {
    const { size, mtimeMs } = statSync(join(root, path), { throwIfNoEntry: false }) ?? {};
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function readStamp(root) {
  try {
    return readFileSync(stampFile(root), 'utf8');
  } catch {
    return undefined;
  }
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..');
  try {
    await buildPages(root, new AbortController().signal);
  } catch (error) {
    process.stderr.write(`${error.tail ?? ''}\n${error.message}\n-> ${error.hint ?? ''}\n`);
    process.exitCode = 70;
  }
}
