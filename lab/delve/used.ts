import { accessSync, constants, realpathSync, statSync } from 'node:fs';
import { delimiter, join, resolve } from 'node:path';
import type { DelveSession } from './launch.js';

export interface DelveUsed {
  readonly version: string;
  /** On this machine; absent when the Delve is on another. */
  readonly path?: string | undefined;
  /** Whether that is what `dlv` starts here. */
  readonly onPath: boolean;
}

/** Which Delve read a core. A path is told of this machine alone. */
export function delveUsed({
  argv: [program],
  version: { DelveVersion },
  pid,
}: Pick<DelveSession, 'argv' | 'version' | 'pid'>): DelveUsed {
  const version = /\d+\.\d+\.\d+[\w.+-]*/.exec(DelveVersion)?.[0] ?? 'of an unknown version';
  if (program === undefined || pid === undefined) return { version, onPath: false };
  const path = resolve(program);
  return { version, path, onPath: onPath('dlv') === real(path) };
}

/** What the shell starts by that name; `undefined` where there is none. */
function onPath(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter);
  return folders
    .map((folder) => real(join(folder === '' ? '.' : folder, name)))
    .find((one) => one !== undefined);
}

/** The executable behind links; `undefined` where there is none. */
function real(path: string): string | undefined {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile() ? realpathSync(path) : undefined;
  } catch {
    return undefined;
  }
}
