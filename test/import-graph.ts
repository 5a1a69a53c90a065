import { readdir, readFile } from 'node:fs/promises';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What each file imports of the others, by their paths. */
export type ImportGraph = ReadonlyMap<string, readonly string[]>;

const project = resolve(dirname(fileURLToPath(import.meta.url)), '..', '..');

/** What a text imports by a relative path when it is loaded, types included. */
export const importsIn = (text: string): readonly string[] =>
  [...text.matchAll(/^(?:import|export)\s[^;]*?from\s+'(\.[^']+)'/gm)].map((match) => match[1] ?? '');

/** The sources below a folder of the project, by their paths below it. */
export async function sourceGraph(folder: string): Promise<ImportGraph> {
  const sources = join(project, folder);
  const names = (await readdir(sources, { recursive: true })).filter(
    (name) => /\.tsx?$/.test(name) && !name.startsWith('fixtures/'),
  );
  const known = new Set(names);
  const imports = names.sort().map(async (name) => {
    const text = await readFile(join(sources, name), 'utf8');
    const paths = importsIn(text).flatMap((specifier) => {
      const path = relative(sources, resolve(sources, dirname(name), specifier));
      return ['.ts', '.tsx'].map((ending) => path.replace(/\.js$/, ending));
    });
    return [name, paths.filter((path) => known.has(path))] as const;
  });
  return new Map(await Promise.all(imports));
}

/** For each folder what the folders in it import of each other, by their paths. */
export function folderGraphs(files: ImportGraph): readonly ImportGraph[] {
  const graphs = new Map<string, Map<string, Set<string>>>();
  for (const [file, imported] of files) {
    for (const to of imported) {
      const [here, there] = [dirname(file).split('/'), dirname(to).split('/')];
      const apart = here.findIndex((part, i) => part !== there[i]);
      // One of them lies in the folder that has the other.
      if (apart === -1 || there[apart] === undefined || here[0] === '.' || there[0] === '.') continue;
      const graph = graphs.get(here.slice(0, apart).join('/')) ?? new Map<string, Set<string>>();
      graphs.set(here.slice(0, apart).join('/'), graph);
      const from = here.slice(0, apart + 1).join('/');
      graph.set(from, (graph.get(from) ?? new Set()).add(there.slice(0, apart + 1).join('/')));
    }
  }
  return [...graphs.values()].map(
    (graph) => new Map([...graph].map(([from, to]) => [from, [...to].sort()] as const)),
  );
}

/** Strongly connected nodes (Tarjan, "Depth-first search and linear graph algorithms", 1972), each circle in order of name. */
export function circlesIn(graph: ImportGraph): readonly (readonly string[])[] {
  const seen = new Map<string, { readonly index: number; low: number; open: boolean }>();
  const stack: string[] = [];
  const circles: string[][] = [];
  const visit = (name: string) => {
    const own = { index: seen.size, low: seen.size, open: true };
    seen.set(name, own);
    stack.push(name);
    for (const next of graph.get(name) ?? []) {
      const other = seen.get(next) ?? visit(next);
      if (other.open) own.low = Math.min(own.low, other.low);
    }
    if (own.low === own.index) {
      const circle = stack.splice(stack.indexOf(name));
      for (const one of circle) (seen.get(one) ?? own).open = false;
      if (circle.length > 1) circles.push(circle.sort());
    }
    return own;
  };
  for (const name of graph.keys()) if (!seen.has(name)) visit(name);
  return circles.sort((a, b) => ((a[0] ?? '') < (b[0] ?? '') ? -1 : 1));
}
