import { existsSync, readFileSync, statSync } from 'node:fs';
import type { Location } from '../analysis/model/diagnosis.js';
import type { SourceMap } from '../source/source-map.js';
import { bytesOf } from './page/room.js';
import type { SourceLines } from './page-data.js';

export type Place = Pick<Location, 'file' | 'line'>;

const around = 4;
const longestLine = 240;
const largestFile = 4_000_000;
/** Excerpts in one page. */
const most = 400;

/**
 * The lines around each place, by `file:line`. A file that is not here, or too short to have the line, is left
 * out: no lines are better than wrong ones. They take `room` bytes of the page at most.
 */
export function sourceLines(
  places: readonly Place[],
  map: SourceMap,
  room = Number.POSITIVE_INFINITY,
): Record<string, SourceLines> {
  const files = new Map<string, readonly string[] | undefined>();
  const linesOf = (path: string): readonly string[] | undefined => {
    if (!files.has(path)) files.set(path, readLines(localPath(path, map ?? [])));
    return files.get(path);
  };
  const found: Record<string, SourceLines> = Object.create(null);
  if (map === undefined) return found;
  let count = 0;
  let left = room;
  for (const { file, line } of places) {
    const key = `${file}:${line}`;
    if (key in found || count >= most) continue;
    const lines = linesOf(file);
    if (lines === undefined || line < 1 || line > lines.length) continue;
    const from = Math.max(1, line - around);
    const excerpt = { from, lines: lines.slice(from - 1, line + around).map(clip) };
    left -= bytesOf(key) + bytesOf(excerpt);
    if (left < 0) break;
    found[key] = excerpt;
    count += 1;
  }
  return found;
}

/** Where a source file lies here; `undefined` where it does not. */
export function sourceFile(path: string, map: SourceMap): string | undefined {
  const local = map === undefined ? undefined : localPath(path, map);
  return local !== undefined && existsSync(local) ? local : undefined;
}

function localPath(path: string, map: NonNullable<SourceMap>): string | undefined {
  for (const { from, to } of map) {
    if (path === from || path.startsWith(from.endsWith('/') ? from : `${from}/`)) {
      return to + path.slice(from.length);
    }
  }
  return path.startsWith('/') ? path : undefined;
}

/** Names of files come out of a core: what is no Go or assembly source, or no plain file, is not opened. */
function readLines(path: string | undefined): readonly string[] | undefined {
  if (path === undefined || !/\.(go|s)$/.test(path)) return undefined;
  try {
    const { size } = statSync(path);
    if (!statSync(path).isFile() || size > largestFile) return undefined;
    return readFileSync(path, 'utf8').split(/\r?\n/);
  } catch {
    return undefined;
  }
}

function clip(line: string): string {
  return line.length > longestLine ? `${line.slice(0, longestLine)}…` : line;
}
