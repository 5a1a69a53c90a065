import writeFileAtomic from 'write-file-atomic';
import type { Run } from '../../store/run-store.js';
import { fleetHtml } from './html.js';
import { fleetMarkdown } from './markdown.js';
import { readFleetReport } from './read.js';
import { type FleetTextOptions, fleetText } from './text.js';

/** Writes `report.md` and `report.html` from what the folder of a fleet's run holds, as far as it came. */
export async function writeFleetReports(run: Run): Promise<void> {
  const report = await readFleetReport(run);
  const write = (name: string, text: string) => writeFileAtomic(run.file(name), text, { mode: 0o600 });
  await write('report.md', fleetMarkdown(report));
  await write('report.html', await fleetHtml(report));
}

/** The end of a fleet's run for a person. */
export async function fleetSummary(run: Run, terminal: Omit<FleetTextOptions, 'dir'>): Promise<string> {
  return fleetText(await readFleetReport(run), { ...terminal, dir: run.dir });
}
