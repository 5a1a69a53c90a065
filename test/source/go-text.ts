import { mkdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { loadGoParser } from '../../lab/source/parser.js';
import { openProgram, type Program } from '../../lab/source/program.js';
import { tempFolder } from '../temp-folder.js';

/**
 * Opens packages from the texts of their files; those of `library` are Go's own. The folder is removed when the
 * program is disposed.
 */
export async function programOf(
  files: Readonly<Record<string, string>>,
  library: Readonly<Record<string, string>> = {},
): Promise<{ program: Program; path(name: string): string } & AsyncDisposable> {
  const folder = await tempFolder();
  const paths: string[] = [];
  const recordedGoRoot = folder.file('go');
  const ofLibrary = Object.entries(library).map(([name, text]) => [`go/src/${name}`, text] as const);
  for (const [name, text] of [...Object.entries(files), ...ofLibrary]) {
    await mkdir(dirname(folder.file(name)), { recursive: true });
    await writeFile(folder.file(name), text);
    paths.push(folder.file(name));
  }
  const program = openProgram({ files: paths, sourceMap: [], recordedGoRoot }, await loadGoParser());
  return {
    program,
    path: (name) => folder.file(name),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
