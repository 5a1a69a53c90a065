import { join } from 'node:path';
import { analyzeCore } from '../analysis/analyze-core.js';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import type { Emit } from '../events.js';
import { goRootOf, sourceMapOf } from '../run-sources.js';
import { inStage } from '../stages/index.js';
import { writeJson } from '../store/json-file.js';
import type { Run } from '../store/run-store.js';

export interface CoreOfInstance {
  readonly name: string;
  readonly core: string;
  readonly exe: string;
}

/** In the folder of an instance. */
export const diagnosisFile = 'diagnosis.json';

/** Diagnoses each core as `lab analyze` does, one after the other, and keeps each diagnosis beside its core. */
export async function diagnoseInstances(
  run: Run,
  cores: readonly CoreOfInstance[],
  emit: Emit,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, Diagnosis>> {
  if (cores.length === 0) return new Map();
  const text = cores.length === 1 ? 'one core' : `${cores.length} cores`;
  return await inStage({ run, emit, signal }, 'analyze', text, async (limited) => {
    const diagnoses = new Map<string, Diagnosis>();
    for (const { name, core, exe } of cores) {
      const progress: Emit = (event) => {
        if (event.type === 'note')
          emit({ type: 'progress', stage: 'analyze', text: `${name}: ${event.text}` });
      };
      const options = { exe, core, sourceMap: sourceMapOf(run), goRoot: goRootOf(run) };
      const diagnosis = await analyzeCore(options, progress, limited);
      await writeJson(join(run.dir, name, diagnosisFile), diagnosis);
      diagnoses.set(name, diagnosis);
    }
    const words = [...diagnoses].map(([name, { verdict }]) => `${name} ${verdict}`);
    const kept = Object.fromEntries(
      [...diagnoses].map(([name, { verdict, summary }]) => [name, { verdict, summary }]),
    );
    return [diagnoses, words.join(', '), kept];
  });
}
