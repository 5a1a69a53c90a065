import { execa } from 'execa';
import { readReport, writeReports } from '../../report/run-files.js';
import { isFleet } from '../../scenarios/fleets.js';
import { openRun, type Run } from '../../store/run-store.js';
import type { LabCommand } from '../command.js';
import { defineReport } from '../manual/look.js';
import { patiently } from '../progress.js';

export const reportCommand: LabCommand = {
  define: defineReport,
  async act({ args, options, output }) {
    const run = await openRun(String(args[0]));
    await patiently(output, { stage: 'report', text: 'writing the reports' }, () => writeAll(run));
    const page = run.file('report.html');
    output.document({ dir: run.dir, report: page, files: (await readReport(run)).files });
    output.print(page);
    if (options['open'] === true) {
      const opener = process.platform === 'darwin' ? 'open' : 'xdg-open';
      const opened = await execa(opener, [page], { reject: false });
      if (opened.exitCode !== 0) output.aside(`no browser opened (${opener}); open ${page} yourself`);
    }
    return 0;
  },
};

async function writeAll(run: Run): Promise<void> {
  if (!isFleet(run.record.config.scenario)) return void (await writeReports(run));
  const { writeFleetReports } = await import('../../report/fleet/files.js');
  await writeFleetReports(run);
}
