import { resolve } from 'node:path';
import { readExecutable } from '../core/executable.js';
import { findModule } from '../source/find-module.js';
import { parseSourceMap } from './source-options.js';

/** What was asked for, and where the module of a program lies that does not say so itself. */
export async function mapsOf(exe: string, asked: readonly string[], signal: AbortSignal) {
  const maps = asked.map(parseSourceMap);
  const { build } = await readExecutable(resolve(exe), signal);
  const found = build === undefined ? undefined : await findModule(build);
  return found === undefined || maps.some(({ from }) => found.from.startsWith(from))
    ? maps
    : [...maps, found];
}
