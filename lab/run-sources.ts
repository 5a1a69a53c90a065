import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { scenarioOf } from './config.js';
import { goServerFolder } from './paths.js';
import { builtServerSchema } from './server/build.js';
import { stageResult } from './store/run-record.js';
import type { Run } from './store/run-store.js';

/** Where a run keeps the sources of its program, in its folder. */
export const sourcesFolder = 'sources';

/** Where the sources lie that the run kept; runs of older versions of the lab kept those of one package only. */
export function sourceMapOf(run: Run): { from: string; to: string }[] {
  const to = run.file(sourcesFolder);
  if (!existsSync(to)) return [];
  const { package: folder } = scenarioOf(run.record.config);
  const compiled = stageResult(run.record.stages['build'], builtServerSchema)?.cwd ?? goServerFolder;
  return [{ from: existsSync(join(to, folder)) ? compiled : join(compiled, folder), to }];
}
