import { readFile } from 'node:fs/promises';
import type { Sources } from '../../source/sources.js';
import type { Pool, PoolHolder } from '../model/pool.js';

/** Calls that hand out what a handle stands for, as they are written. */
const takenBy: Readonly<Record<string, RegExp>> = {
  'sql.Rows': /\.Query(?:Context)?\(/,
  'sql.Tx': /\.Begin(?:Tx)?\(/,
  'sql.Conn': /\.Conn\(/,
  'http.Response': /\.(?:Do|Get|Head|Post|PostForm|RoundTrip)\(/,
  'puddle.Resource': /\.(?:Try)?Acquire\(/,
  'pgxpool.Conn': /\.Acquire\(/,
  'pgxpool.Tx': /\.Begin(?:Tx)?\(/,
  'pgx.Rows': /\.Query\(/,
};

/** Pools with where their holders took what they have: the nearest such call before the line at which each stands. */
export async function withTakenPlaces(
  pools: readonly Pool[],
  { read }: Pick<Sources, 'read'>,
): Promise<readonly Pool[]> {
  const local = new Map(read.map((source) => [source.recorded, source.local]));
  const texts = new Map<string, Promise<readonly string[]>>();
  const linesOf = (file: string) => {
    const path = local.get(file);
    const known = texts.get(file) ?? (path === undefined ? Promise.resolve([]) : readLines(path));
    texts.set(file, known);
    return known;
  };
  const placed = async (holder: PoolHolder, type: string | undefined): Promise<PoolHolder> => {
    const call = takenBy[type ?? ''];
    if (call === undefined) return holder;
    for (const frame of [holder.frame, ...(holder.inlined ?? [])]) {
      const { file } = frame;
      const line = lineBefore(await linesOf(file), frame.line, call);
      if (line !== undefined) return { ...holder, frame, takenAt: { file, line } };
    }
    return holder;
  };
  return await Promise.all(
    pools.map(async (pool) => ({
      ...pool,
      units: await Promise.all(
        pool.units.map(async (unit) => ({
          ...unit,
          holders: await Promise.all(unit.holders.map((holder) => placed(holder, unit.handle?.type))),
        })),
      ),
    })),
  );
}

/** Number of the nearest line above one, in the same function, that has the call. */
function lineBefore(lines: readonly string[], below: number, call: RegExp): number | undefined {
  for (let line = below - 1; line > 0; line--) {
    const text = lines[line - 1] ?? '';
    if (/^(?:func\b|\})/.test(text)) return undefined;
    if (call.test(text)) return line;
  }
  return undefined;
}

const readLines = async (path: string): Promise<readonly string[]> =>
  (await readFile(path, 'utf8').catch(() => '')).split('\n');
