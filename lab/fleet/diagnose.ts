import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { analyzeCore } from '../analysis/analyze-core.js';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import type { Emit } from '../events.js';
import { writeJson } from '../json-file.js';
import { goRootOf, sourceMapOf } from '../run-sources.js';
import { inStage, plannedIn } from '../stages/index.js';
import type { Run } from '../store/run-store.js';

export interface CoreOfInstance {
  readonly name: string;
  readonly pid: number;
  readonly core: string;
  readonly exe: string;
}

/** An instance with what its core shows, and when that was written. */
export interface DiagnosedCore {
  readonly name: string;
  readonly pid: number;
  readonly taken: Date;
  readonly diagnosis: Diagnosis;
}

/** In the folder of an instance; of what goes through all of them in that of the run. */
export const diagnosisFile = 'diagnosis.json';

/** Diagnoses each core as `lab analyze` does, one after the other, and keeps each diagnosis beside its core. */
export async function diagnoseInstances(
  run: Run,
  cores: readonly CoreOfInstance[],
  emit: Emit,
  signal: AbortSignal,
): Promise<readonly DiagnosedCore[]> {
  if (cores.length === 0) return [];
  const { siblings } = plannedIn(run).scenario.server;
  const text = cores.length === 1 ? 'one core' : `${cores.length} cores`;
  return await inStage({ run, emit, signal }, 'analyze', text, async (limited) => {
    const diagnosed: DiagnosedCore[] = [];
    for (const { name, pid, core, exe } of cores) {
      const progress: Emit = (event) => {
        if (event.type === 'note')
          emit({ type: 'progress', stage: 'analyze', text: `${name}: ${event.text}` });
      };
      const options = {
        ...{ exe, core, sourceMap: sourceMapOf(run), goRoot: goRootOf(run) },
        // What goes through processes is looked for where they call each other.
        ...(siblings === true ? { network: true, onRoster: () => {} } : {}),
      };
      const diagnosis = await analyzeCore(options, progress, limited);
      await writeJson(join(run.dir, name, diagnosisFile), diagnosis);
      diagnosed.push({ name, pid, taken: (await stat(core)).mtime, diagnosis });
    }
    const words = diagnosed.map(({ name, diagnosis: { verdict } }) => `${name} ${verdict}`);
    const kept = Object.fromEntries(
      diagnosed.map(({ name, diagnosis: { verdict, summary } }) => [name, { verdict, summary }]),
    );
    return [diagnosed, words.join(', '), kept];
  });
}
