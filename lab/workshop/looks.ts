import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { looksOf } from '../api/look.js';
import { compareLooks } from '../compare/compare.js';
import type { ComparedGroup, Look } from '../compare/model.js';
import { readJson, writeJson } from '../json-file.js';
import type { Place } from './place.js';

/** Two processes of one program, of which one is slow and the other stuck. */
export const processNames = ['north', 'south'] as const;
export type ProcessName = (typeof processNames)[number];

/** `north-1.txt`: the first look at that process. */
export const lookFile = (process: ProcessName, look: 1 | 2): string => `${process}-${look}.txt`;

const comparedSchema = z.object({
  stuck: z.enum(processNames),
  /** Goroutines in the largest group of the first look at `north`. */
  waiting: z.number(),
  /** Of the stuck process: in both looks, and never seen to run. */
  still: z.number(),
  /** Of the other one: in the first look, and gone in the second. */
  went: z.number(),
});
export type Compared = z.infer<typeof comparedSchema>;

/** What the lab's own comparison of these very looks says; made once. `undefined` where they are not there. */
export async function comparedHere({ folder, vault, signal }: Place): Promise<Compared | undefined> {
  const paths = processNames.flatMap((name) =>
    [lookFile(name, 1), lookFile(name, 2)].map((file) => join(folder, file)),
  );
  if (!paths.every((path) => existsSync(path))) return undefined;
  const kept = join(vault, comparedName);
  const known = await readJson(kept, comparedSchema).catch(() => undefined);
  if (known !== undefined) return known;
  const [north, south] = [await largestOf('north'), await largestOf('south')];
  const stuck = (north.unmoved ?? 0) >= (south.unmoved ?? 0) ? ('north' as const) : ('south' as const);
  const [still, moved] = stuck === 'north' ? [north, south] : [south, north];
  const made = { stuck, waiting: north.counts[0] ?? 0, still: still.unmoved ?? 0, went: moved.went ?? 0 };
  await writeJson(kept, made);
  return made;

  async function largestOf(name: ProcessName): Promise<ComparedGroup> {
    const looks: Look[] = [];
    for (const look of [1, 2] as const) {
      const text = await readFile(join(folder, lookFile(name, look)), 'utf8');
      looks.push(...(await looksOf({ text }, { source: false, signal })));
    }
    const [largest] = compareLooks(looks).groups.toSorted((a, b) => (b.counts[0] ?? 0) - (a.counts[0] ?? 0));
    if (largest === undefined) throw new Error(`no goroutines in ${lookFile(name, 1)}`);
    return largest;
  }
}

export const comparedName = 'compared.json';
