import { mkdirSync, readdirSync, readFileSync, renameSync, statSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { log, step } from './steps.mjs';

const memoryFile = (root) => join(root, '.cache', 'toolchain.json');
const variables = ['PATH', 'HOME', 'GOBIN', 'GOPATH', 'LAB_CACHE'];

/** The paths of go, gdb, dlv, facts and its Go as they were found before, when nothing has changed since. */
export function rememberedTools(root) {
  try {
    const { state, tools } = JSON.parse(readFileSync(memoryFile(root), 'utf8'));
    const isWhole = tools.facts !== undefined && tools.factsGo !== undefined;
    return isWhole && state === stateOf(root, tools) ? tools : undefined;
  } catch {
    return undefined;
  }
}

/** Finds, installs or builds Go, gdb, Delve and the reader of Go sources, and remembers where they are. Needs the build. */
export async function prepareTools(root, signal) {
  const url = pathToFileURL(join(root, 'dist', 'lab', 'toolchain', 'prepare.js')).href;
  const { prepareToolchain } = await import(url);
  const stepHere = (text, work) => step(text, work, { root });
  const found = await prepareToolchain({ step: stepHere, log: (text) => log(root, text) }, signal);
  const factsGo = goOf(root, found.facts);
  const tools = {
    ...{ go: found.go.path, gdb: found.gdb.path, dlv: found.delve.path },
    ...{ facts: found.facts?.path, factsGo },
  };
  const file = memoryFile(root);
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.${process.pid}`, JSON.stringify({ state: stateOf(root, tools), tools }));
  renameSync(`${file}.${process.pid}`, file);
  return tools;
}

/** A Go that understands the reader's own module, which may be newer than the one that is first on PATH; `null` without. */
function goOf(root, facts) {
  if (facts?.goRoot === undefined) return null;
  const module = readFileSync(join(root, 'helpers', 'facts', 'go.mod'), 'utf8');
  const needed = Number(/^go 1\.(\d+)/m.exec(module)?.[1]);
  return facts.builtWith.minor >= needed ? join(facts.goRoot, 'bin', 'go') : null;
}

function stateOf(root, tools) {
  const found = Object.values(tools).filter((path) => path !== undefined && path !== null);
  const files = [...found, ...helperSources(root)].map((path) => {
    const { size, mtimeMs } = statSync(path);
    return [path, size, mtimeMs];
  });
  return JSON.stringify([files, variables.map((name) => process.env[name] ?? null)]);
}

/** What the reader of Go sources is built from: another one is built when they change. */
function helperSources(root) {
  const folder = join(root, 'helpers', 'facts');
  try {
    return readdirSync(folder, { recursive: true })
      .filter((name) => name.endsWith('.go'))
      .sort()
      .map((name) => join(folder, name));
  } catch (error) {
    if (error.code === 'ENOENT') return [];
    throw error;
  }
}

/** Puts a Go that was found elsewhere on PATH, for the tests that run it by its name. */
export function pathWith({ go }) {
  const folders = (process.env.PATH ?? '').split(delimiter);
  return folders.includes(dirname(go)) ? folders.join(delimiter) : [...folders, dirname(go)].join(delimiter);
}
