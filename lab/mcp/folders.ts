import { realpath, stat } from 'node:fs/promises';
import { isAbsolute, relative, resolve } from 'node:path';
import { LabError, messageOf } from '../errors.js';

/** Folders in which a client of the server may have files read. */
export interface Folders {
  readonly paths: readonly string[];
  /**
   * The real path of a file, which may be given relative to the first folder. Throws `usage` for whatever does not lie in one
   * of the folders, also where a link leads out of them, and for what is no file.
   */
  file(path: string): Promise<string>;
}

/** Throws `usage` for a folder that is none. */
export async function openFolders(given: readonly string[]): Promise<Folders> {
  const paths = await Promise.all(
    given.map(async (path) => {
      const real = await realpath(path).catch((error: unknown) => {
        throw refusal(`the folder ${path} cannot be read: ${messageOf(error)}`);
      });
      if (!(await stat(real)).isDirectory()) throw refusal(`${path} is no folder`);
      return real;
    }),
  );
  return {
    paths,
    async file(path) {
      const asked = resolve(paths[0] ?? '', path);
      // Asked of the path as well, so that nothing is told of what lies elsewhere, not even whether it is there.
      const real = await realpath(asked).catch(() => undefined);
      if (!paths.some((folder) => isWithin(folder, real ?? asked)))
        throw new LabError(`${path} is not in a folder that this server may read`, {
          code: 'usage',
          hint: `it may read ${paths.join(', ')}; copy the file there, or start the server with its folder`,
        });
      if (real === undefined || !(await stat(real)).isFile())
        throw new LabError(`${path} is no file`, { code: 'usage', hint: 'check the path' });
      return real;
    },
  };
}

function isWithin(folder: string, path: string): boolean {
  const way = relative(folder, path);
  return way !== '..' && !way.startsWith('../') && !isAbsolute(way);
}

const refusal = (message: string): LabError =>
  new LabError(message, { code: 'usage', hint: 'name folders that exist: npx lab mcp DIR...' });
