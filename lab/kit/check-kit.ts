import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { analyzeCore } from '../analysis/analyze-core.js';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import { LabError } from '../errors.js';
import { otherSourcesFolder, sourceMapOf } from '../run-sources.js';
import type { Run } from '../store/run-store.js';
import { type Comparison, compareDiagnoses } from './same-diagnosis.js';

export interface KitToCheck {
  /** Folder of what was made for the kit. */
  readonly kit: string;
  /** Where the file of each path of the kit lies. */
  readonly files: ReadonlyMap<string, string>;
  /** Paths of the kit. */
  readonly exe: string;
  readonly core: string;
  /** Path of dlv. */
  readonly delve: string;
  readonly run: Run;
  /** Of the run's own core. */
  readonly whole: Diagnosis;
}

/** Diagnoses the slimmed core with nothing but the kit's own files, and compares with the run's own. */
export async function checkKit(
  { kit, files, exe, core, delve, run, whole }: KitToCheck,
  signal: AbortSignal,
): Promise<Comparison & { readonly diagnosis: Diagnosis }> {
  const others = join(kit, otherSourcesFolder);
  const sourceMap = sourceMapOf(run, existsSync(others) ? others : undefined);
  const options = { exe: files.get(exe) ?? '', core: files.get(core) ?? '', delve, sourceMap };
  const diagnosis = await analyzeCore(options, () => undefined, signal);
  return { diagnosis, ...compareDiagnoses(whole, diagnosis) };
}

export function differs(differences: readonly string[]): LabError {
  return new LabError(
    `the slimmed core does not give the same diagnosis: ${differences.slice(0, 5).join(', ')} differ`,
    {
      code: 'undecided',
      hint: 'pack it whole, with all data that the service had in memory: add --keep-heap',
      details: { differences },
    },
  );
}
