import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import { sourceMapOf } from '../run-sources.js';
import type { SourceMap } from '../source/source-map.js';
import type { Run } from '../store/run-store.js';

/** For the owner alone: it has values out of a core. */
const mode = 0o600;

/** `report.html` of a cell's run. It is for people: a cell is what it is without one. */
export async function writeRunPage(run: Run): Promise<void> {
  await leaveOut(async () => {
    const [{ reportHtml }, { readReport }] = await Promise.all([
      import('../report/report-html.js'),
      import('../report/run-files.js'),
    ]);
    await writeFile(run.file('report.html'), await reportHtml(await readReport(run), sourceMapOf(run)), {
      mode,
    });
  });
}

/** The same of a stored bundle, in the cell's folder. */
export async function writeBundlePage(diagnosis: Diagnosis, sources: SourceMap, dir: string): Promise<void> {
  await leaveOut(async () => {
    const { diagnosisHtml } = await import('../report/report-html.js');
    await writeFile(join(dir, 'report.html'), await diagnosisHtml(diagnosis, sources), { mode });
  });
}

async function leaveOut(write: () => Promise<void>): Promise<void> {
  await write().catch(() => {}); // a full disk, or pages that were not built: then nothing links to it
}
