import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { goServerFolder } from '../paths.js';
import type { Place } from './place.js';

/** A file of a program; its path is that in the working folder. */
export interface ProgramFile {
  readonly path: string;
  readonly text: string;
}

/** The sources as the program was built from them: those of the working folder are there to be changed. */
export const keptSources = ({ vault }: Pick<Place, 'vault'>): string => join(vault, 'sources');

/** What every program of the scenarios rests on. */
const common = 'internal';

/**
 * A scenario's program as its owners would have it. `as-is` is without what would give the fault away: the repaired
 * twin, tests, and what the comments say of the fault. `repaired` has the twin's files in their place.
 */
export async function programFiles(
  { scenario, package: own, blind }: Pick<Place, 'scenario' | 'package' | 'blind'>,
  as: 'as-is' | 'repaired',
): Promise<ProgramFile[]> {
  const program = await filesIn(join(goServerFolder, scenario.package), own, as);
  const unnamed = ({ path, text }: ProgramFile): ProgramFile => ({
    path: path.replace(`${own}/${scenario.package}.go`, `${own}/${own}.go`),
    text: text.replace(/^\/\/ Command \w+/, `// Command ${own}`),
  });
  return [
    ...(blind ? program.map(unnamed) : program),
    ...(await filesIn(join(goServerFolder, common), common, as)),
  ];
}

async function filesIn(from: string, to: string, as: 'as-is' | 'repaired'): Promise<ProgramFile[]> {
  const entries = await readdir(from, { withFileTypes: true });
  const names = new Set(entries.map(({ name }) => name));
  const meant = as === 'as-is' ? /_faulty\.go$/ : /_fixed\.go$/;
  const files: ProgramFile[] = [];
  for (const entry of entries.sort((a, b) => a.name.localeCompare(b.name))) {
    const path = join(from, entry.name);
    if (entry.isDirectory()) files.push(...(await filesIn(path, join(to, entry.name), as)));
    else if (meant.test(entry.name)) {
      const plain = entry.name.replace(meant, '.go');
      const name = names.has(plain) ? entry.name.replace(meant, '_more.go') : plain;
      files.push({ path: join(to, name), text: withoutHints(await readFile(path, 'utf8')) });
    } else if (/\.go$/.test(entry.name) && !/_(?:faulty|fixed|test)\.go$/.test(entry.name)) {
      files.push({ path: join(to, entry.name), text: await readFile(path, 'utf8') });
    }
  }
  return files;
}

/** A source without the build constraint and without the paragraph in which a comment tells the fault. */
export function withoutHints(source: string): string {
  const lines: string[] = [];
  let inFault = false;
  for (const line of source.replace(/^\/\/go:build !?fixed\n\n?/, '').split('\n')) {
    const comment = /^\s*\/\//.test(line);
    inFault = comment && (inFault ? !/^\s*\/\/\s*$/.test(line) : /^\s*\/\/ The fault:/.test(line));
    if (inFault) {
      // The empty line of comment before it goes with it.
      if (/^\s*\/\/\s*$/.test(lines.at(-1) ?? '')) lines.pop();
      continue;
    }
    lines.push(line);
  }
  return lines.join('\n');
}
