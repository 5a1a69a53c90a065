import { readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { gunzip, gzip } from 'node:zlib';
import writeFileAtomic from 'write-file-atomic';
import { type Diagnosis, diagnosisSchema } from '../analysis/model/diagnosis.js';
import type { Place } from './place.js';

/**
 * Where the diagnosis of a core is kept. It is the answer to what a lesson asks, and lies next to the folder in which a participant
 * searches: packed, no search for a word finds it.
 */
export async function diagnosisFile({ vault }: Pick<Place, 'vault'>, core: string): Promise<string> {
  const { size, mtimeMs, ino } = await stat(core);
  return join(vault, `seen-${ino}-${size}-${Math.round(mtimeMs)}.gz`);
}

export async function keepDiagnosis(file: string, diagnosis: Diagnosis): Promise<void> {
  await writeFileAtomic(file, await promisify(gzip)(JSON.stringify(diagnosis)), { mode: 0o600 });
}

/** `undefined` where there is none, or none that this version of the lab understands. */
export async function keptDiagnosis(file: string): Promise<Diagnosis | undefined> {
  try {
    const text = (await promisify(gunzip)(await readFile(file))).toString('utf8');
    return diagnosisSchema.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}
