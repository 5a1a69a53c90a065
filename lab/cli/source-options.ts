import { existsSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import type { AnalyzeDumpOptions } from '../analysis/analyze-dump.js';
import { LabError } from '../errors.js';

/** Reads `FROM=TO`; the first `=` divides. */
export function parseSourceMap(text: string): { from: string; to: string } {
  const at = text.indexOf('=');
  return { from: text.slice(0, at), to: resolve(text.slice(at + 1)) };
}

/** Throws `usage` where sources are said to be and no folder is. */
export function requireSourceFolders({ source, goRoot, sourceMap }: SourceOptions): void {
  const refuse = (message: string, hint: string): never => {
    throw new LabError(message, { code: 'usage', hint });
  };
  for (const folder of [
    ...(typeof source === 'string' ? [source] : []),
    ...(goRoot === undefined ? [] : [goRoot]),
    ...sourceMap.map((map) => parseSourceMap(map).to),
  ]) {
    if (!existsSync(folder)) refuse(`there are no sources at ${folder}: it does not exist`, 'check the path');
    if (!statSync(folder).isDirectory())
      refuse(`there are no sources at ${folder}: it is no folder`, 'name the folder itself');
  }
}

/** As they are typed; `source` is `false` with `--no-source`. */
export interface SourceOptions {
  readonly exe?: string | undefined;
  readonly source: boolean | string;
  readonly sourceMap: readonly string[];
  readonly goRoot?: string | undefined;
}

/** What they mean to the analysis of a dump. */
export const dumpSources = ({
  exe,
  source,
  sourceMap,
  goRoot,
}: SourceOptions): Omit<AnalyzeDumpOptions, 'name'> => ({
  ...{ sourceMap: sourceMap.map(parseSourceMap), noSource: source === false },
  ...(exe === undefined ? {} : { exe: resolve(exe) }),
  ...(typeof source === 'string' ? { source: resolve(source) } : {}),
  ...(goRoot === undefined ? {} : { goRoot: resolve(goRoot) }),
});
