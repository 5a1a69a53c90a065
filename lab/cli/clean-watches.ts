import { existsSync } from 'node:fs';
import { resolve } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { z } from 'zod';
import { complaintsText } from '../complaints.js';
import { decimal } from '../decimal.js';
import { LabError } from '../errors.js';
import { watchesFolder } from '../paths.js';
import { agedIn, ageOut, type Retention } from '../watch/folder.js';
import { confirmed } from './confirm.js';
import type { Output } from './context.js';

const dayMs = 24 * 3_600_000;
const days = decimal(z.number().min(0).max(36_500));

const optionsSchema = z.looseObject({
  /** commander's `true` for an optional value that was left out. */
  watch: z.union([z.string(), z.literal(true)]),
  coresAfter: days.default(7),
  diagnosesAfter: days.default(90),
  yes: z.boolean().default(false),
});

/** Removes what has come of age of the hangs that watches caught; asks first. */
export async function cleanWatches(
  options: Readonly<Record<string, unknown>>,
  output: Output,
  signal: AbortSignal,
): Promise<number> {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    const hint = 'see `npx lab clean --help`';
    throw new LabError(complaintsText(parsed.error, options), { code: 'usage', hint });
  }
  const { watch, coresAfter, diagnosesAfter, yes } = parsed.data;
  const folder = watch === true ? watchesFolder() : resolve(watch);
  if (watch !== true && !existsSync(folder))
    throw new LabError(`${folder} does not exist`, { code: 'usage', hint: 'name the folder of a watch' });
  const keep: Retention = {
    coresMs: coresAfter * dayMs,
    // A diagnosis is kept for as long as the core beside it.
    diagnosesMs: Math.max(coresAfter, diagnosesAfter) * dayMs,
    bytes: Number.POSITIVE_INFINITY,
  };
  const old = await agedIn(folder, keep, Date.now());
  const what = [
    ...(old.files.length > 0
      ? [`${old.files.length} cores and executables (${prettyBytes(old.bytes)})`]
      : []),
    ...(old.episodes.length > 0 ? [`${old.episodes.length} hangs with their diagnoses`] : []),
  ].join(' and ');
  if (what !== '' && !yes && !(await confirmed(what, 'npx lab clean --watch --yes', signal))) return 0;
  const { files, episodes } = await ageOut(folder, keep, Date.now());
  output.document({ folder, files, episodes });
  output.print(what === '' ? `nothing in ${folder} is that old` : `removed ${what}`);
  return 0;
}
