import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { packageOf } from '../source/library-paths.js';
import type { DumpProgram } from './program.js';

/**
 * Where the files of a dump lie here, as the executable has recorded them: those of the main module where it was found,
 * of Go's library in the Go that is here, of other modules in the module cache. What is not found stays as it is.
 */
export function localFiles({
  moved,
  goRoot,
  moduleCache,
  mainModule,
}: DumpProgram): (name: string, file: string) => string {
  const known = new Map<string, string>();
  const candidates = function* (name: string, file: string): Generator<string> {
    if (moved !== undefined && file.startsWith(`${moved.from}/`))
      yield join(moved.to, file.slice(moved.from.length));
    const [, cached] = /\/pkg\/mod\/(.+)$/.exec(file) ?? [];
    if (cached !== undefined) yield join(moduleCache, cached);
    if (!file.startsWith('/')) {
      // Built with -trimpath.
      if (moved !== undefined && mainModule !== '' && file.startsWith(`${mainModule}/`))
        yield join(moved.to, file.slice(mainModule.length));
      if (file.includes('@')) yield join(moduleCache, file);
    }
    const library = packageOf(name);
    if (!/^[^/]*\./.test(library) && library !== 'main') yield join(goRoot, 'src', library, basename(file));
  };
  return (name, file) => {
    // An executable that was given has recorded the paths of the dump.
    if (moved === undefined) return file;
    const key = `${packageOf(name)} ${file}`;
    const found = known.get(key) ?? [...candidates(name, file)].find((path) => existsSync(path)) ?? file;
    known.set(key, found);
    return found;
  };
}
