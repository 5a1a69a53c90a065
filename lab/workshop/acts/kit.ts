import { constants, existsSync } from 'node:fs';
import { copyFile, cp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { z } from 'zod';
import { diagnosisSchema } from '../../analysis/model/diagnosis.js';
import { LabError } from '../../errors.js';
import { readJson } from '../../json-file.js';
import { type Manifest, manifestName, pairOf } from '../../kit/manifest.js';
import { readManifest } from '../../kit/read-manifest.js';
import { sourcesFolder } from '../../run-sources.js';
import { exeName } from '../core-here.js';
import { diagnosisFile, keepDiagnosis } from '../kept-diagnosis.js';
import type { Place } from '../place.js';
import { word } from '../word.js';
import { writeEnvironment } from './sources.js';

/** `kit`: the executable, the core and the sources of the kit that the lesson came with. */
export const kit = word('kit', z.strictObject({}), () => ({
  async run(place: Place) {
    const { folder } = place;
    const from = dirname(place.lesson);
    const manifest = await manifestIn(from, place.lesson);
    const { exe, core } = pairOf(manifest);
    if (exe === undefined || core === undefined) throw notOfKit(place.lesson);
    await mkdir(folder, { recursive: true, mode: 0o700 });
    for (const name of await readdir(folder)) if (/^core\.\d+$/.test(name)) await rm(join(folder, name));
    await copyFile(join(from, exe), join(folder, exeName), constants.COPYFILE_FICLONE);
    await copyFile(join(from, core), join(folder, core), constants.COPYFILE_FICLONE);
    const sources = join(from, sourcesFolder);
    if (existsSync(sources)) await cp(sources, join(folder, sourcesFolder), { recursive: true });
    await writeEnvironment(place, manifest.versions.go);
    // The kit's own was made with sources that may not be on this machine.
    const diagnosis = await readJson(join(from, 'diagnosis.json'), diagnosisSchema);
    await keepDiagnosis(await diagnosisFile(place, join(folder, core)), diagnosis);
  },
}));

async function manifestIn(folder: string, lesson: string): Promise<Manifest> {
  const file = join(folder, manifestName);
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) throw notOfKit(lesson);
  return readManifest(text, file);
}

function notOfKit(lesson: string): LabError {
  return new LabError(`the lesson ${lesson} takes its core from a kit, and is not in an opened one`, {
    code: 'usage',
    hint: 'pack a run with it and open that: npx lab kit pack RUN --lesson DIR -o FILE',
  });
}
