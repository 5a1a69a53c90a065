import { writeFile } from 'node:fs/promises';
import { loadGoParser } from '../../lab/source/parser.js';
import { openProgram, type Program } from '../../lab/source/program.js';
import { tempFolder } from '../temp-folder.js';

/** Opens one-file packages from their texts. The folder is removed when the program is disposed. */
export async function programOf(
  files: Readonly<Record<string, string>>,
): Promise<{ program: Program; path(name: string): string } & AsyncDisposable> {
  const folder = await tempFolder();
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    await writeFile(folder.file(name), text);
    paths.push(folder.file(name));
  }
  const program = openProgram({ files: paths, sourceMap: [], recordedGoRoot: '' }, await loadGoParser());
  return {
    program,
    path: (name) => folder.file(name),
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
