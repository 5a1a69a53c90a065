import { constants } from 'node:fs';
import { copyFile, cp, link, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { exeName } from '../core-here.js';
import type { Kept } from '../kept.js';
import { diagnosisFile, keepDiagnosis } from '../kept-diagnosis.js';
import type { Place } from '../place.js';

/** Puts a core of the shelf into a participant's folder, with what belongs to it. */
export async function layOut(place: Place, { folder: from, core, diagnosis }: Kept): Promise<void> {
  const to = join(place.folder, core);
  await cp(from, place.folder, {
    ...{ recursive: true, force: true },
    filter: (path) => basename(path) !== core && basename(path) !== exeName,
  });
  await copyFile(join(from, exeName), join(place.folder, exeName), constants.COPYFILE_FICLONE);
  await rm(to, { force: true });
  await link(join(from, core), to);
  await keepDiagnosis(await diagnosisFile(place, to), diagnosis);
}
