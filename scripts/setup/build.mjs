import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { buildPages, pagesAreFresh } from './pages.mjs';
import { runLogged } from './steps.mjs';

/** The folders that tsconfig.json includes; dist/ mirrors them. */
const folders = ['lab', 'scripts', 'test', 'bench', 'score'];
const stampFile = (root) => join(root, 'dist', '.built-from');

/** Files under a folder whose names end so, as paths relative to the root. */
function listFiles(root, folder, suffix) {
  const found = [];
  const walk = (path) => {
    let entries;
    try {
      entries = readdirSync(path, { withFileTypes: true });
    } catch (error) {
      if (error.code === 'ENOENT') return;
      throw error;
    }
    for (const entry of entries) {
      const child = join(path, entry.name);
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules') walk(child);
      } else if (entry.name.endsWith(suffix)) found.push(relative(root, child));
    }
  };
  walk(join(root, folder));
  return found.sort();
}

/** What the compiler takes; the pages have a build of their own. */
function listSources(root) {
  return folders
    .flatMap((folder) => listFiles(root, folder, '.ts'))
    .filter((path) => !path.endsWith('.d.ts') && !path.startsWith(join('lab', 'web')));
}

/** Names the state of everything that a build depends on: path, size and time of each file. */
function fingerprint(root, sources) {
  const hash = createHash('sha256');
  for (const path of [...sources, 'tsconfig.json', 'package.json', 'package-lock.json']) {
    const { size, mtimeMs } = statSync(join(root, path), { throwIfNoEntry: false }) ?? {};
    hash.update(`${path} ${size} ${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

const outputOf = (source) => join('dist', source.replace(/\.ts$/, '.js'));

/** Whether dist/ was built from the sources as they are now. */
export function buildIsFresh(root) {
  return programIsFresh(root) && pagesAreFresh(root);
}

/** Compiles what has changed: the lab, and its pages. */
export async function build(root, signal) {
  if (!programIsFresh(root)) await buildProgram(root, signal);
  if (!pagesAreFresh(root)) await buildPages(root, signal);
}

function programIsFresh(root) {
  const sources = listSources(root);
  return readStamp(root) === fingerprint(root, sources) && missingOutputs(root, sources).length === 0;
}

/** Compiles, and removes what was compiled from sources that are gone. */
async function buildProgram(root, signal) {
  const sources = listSources(root);
  // Taken before the compiler looks: a file that changes meanwhile makes the next start build again.
  const before = fingerprint(root, sources);
  rmSync(stampFile(root), { force: true });
  removeStale(root, sources);
  // The incremental compiler does not look whether its output is still there.
  if (missingOutputs(root, sources).length > 0) rmSync(join(root, 'dist', '.tsbuildinfo'), { force: true });
  const tsc = join('node_modules', 'typescript', 'bin', 'tsc');
  await runLogged(root, [process.execPath, tsc, '-p', 'tsconfig.json', '--pretty', 'false'], {
    signal,
    exitCode: 70,
    hint: 'fix what the compiler names, then try it alone: npm run build',
  });
  writeFileSync(stampFile(root), before);
}

function missingOutputs(root, sources) {
  return sources.filter((path) => !existsSync(join(root, outputOf(path))));
}

function removeStale(root, sources) {
  const wanted = new Set(sources.map(outputOf));
  for (const folder of folders) {
    for (const path of listFiles(root, join('dist', folder), '.js')) {
      if (wanted.has(path)) continue;
      rmSync(join(root, path), { force: true });
      rmSync(join(root, `${path}.map`), { force: true });
      rmSync(join(root, path.replace(/\.js$/, '.d.ts')), { force: true });
    }
  }
}

function readStamp(root) {
  try {
    return readFileSync(stampFile(root), 'utf8');
  } catch {
    return undefined;
  }
}
