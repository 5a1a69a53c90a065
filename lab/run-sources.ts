import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { scenarioOf } from './config.js';
import { goServerFolder } from './paths.js';
import { builtServerSchema } from './server/build.js';
import { stageResult } from './store/run-record.js';
import type { Run } from './store/run-store.js';

/** Where a run keeps the sources of its program, in its folder. */
export const sourcesFolder = 'sources';

const vendorFolder = 'vendor';

/** Where a run keeps the Go library of another machine, as far as it was compiled in. */
export const libraryFolder = 'goroot';

/** The `GOROOT` that the run kept. */
export function goRootOf(run: Run): string | undefined {
  return existsSync(run.file(libraryFolder)) ? run.file(libraryFolder) : undefined;
}

/** Where a kit keeps all other sources that the analysis reads, by their recorded paths. */
export const otherSourcesFolder = 'other-sources';

/** Where the sources lie that the run kept; runs of older versions of the lab kept those of one package only. */
export function sourceMapOf(
  run: Run,
  // Of a kit, which may have been made elsewhere: files of all other folders.
  others = run.file(otherSourcesFolder),
): { from: string; to: string }[] {
  const to = run.file(sourcesFolder);
  const map = existsSync(others) ? [{ from: '/', to: `${others}/` }] : [];
  if (!existsSync(to)) return map;
  const { package: folder } = scenarioOf(run.record.config);
  const compiled = stageResult(run.record.stages['build'], builtServerSchema)?.cwd ?? goServerFolder;
  const own = { from: existsSync(join(to, folder)) ? compiled : join(compiled, folder), to };
  if (map.length > 0) return [own, ...map];
  // A run keeps what scenarios are written in; the libraries beside that lie where the lab does.
  return [{ from: join(compiled, vendorFolder), to: join(goServerFolder, vendorFolder) }, own];
}
