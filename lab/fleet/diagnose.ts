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

/** Each is a Delve and what it reads, hundreds of megabytes of a large program. */
const atOnce = 2;

/** Diagnoses each core as `lab analyze` does, and keeps each diagnosis beside its core. */
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
    const diagnose = async ({ name, pid, core, exe }: CoreOfInstance): Promise<DiagnosedCore> => {
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
      return { name, pid, taken: (await stat(core)).mtime, diagnosis };
    };
    // The first reads the program's sources, which the others then find in the cache.
    const turns = [cores.slice(0, 1)];
    for (let i = 1; i < cores.length; i += atOnce) turns.push(cores.slice(i, i + atOnce));
    const diagnosed: DiagnosedCore[] = [];
    for (const turn of turns) diagnosed.push(...(await everyOne(turn.map(diagnose))));
    const words = diagnosed.map(({ name, diagnosis: { verdict } }) => `${name} ${verdict}`);
    const kept = Object.fromEntries(
      diagnosed.map(({ name, diagnosis: { verdict, summary } }) => [name, { verdict, summary }]),
    );
    return [diagnosed, words.join(', '), kept];
  });
}

/** Whoever fails is told of once nobody works any more. */
async function everyOne<T>(working: readonly Promise<T>[]): Promise<readonly T[]> {
  await Promise.allSettled(working);
  return await Promise.all(working);
}
