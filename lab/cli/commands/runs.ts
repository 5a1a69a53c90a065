import { type RunSummary, runsText } from '../../report/runs-text.js';
import type { Run } from '../../store/run-store.js';
import { listRuns, openRun } from '../../store/run-store.js';
import type { LabCommand } from '../command.js';
import { columnsOf } from '../context.js';
import { defineRuns } from '../manual/look.js';
import { patiently } from '../progress.js';

export const runsCommand: LabCommand = {
  define: defineRuns,
  async act({ output }) {
    const folders = await listRuns();
    const opened = await patiently(output, { stage: 'runs', text: 'reading the runs' }, async (say) => {
      const read: RunSummary[] = [];
      // In batches: a process may have so many files open.
      for (let at = 0; at < folders.length; at += atOnce) {
        const batch = folders.slice(at, at + atOnce).map(summaryOf);
        read.push(...(await Promise.all(batch)));
        say(`${read.length} of ${folders.length}`);
      }
      return read;
    });
    output.document(opened);
    if (opened.length === 0) output.print('no stored runs yet; make one: npx lab run');
    else output.print(runsText(opened, columnsOf(process.stdout)));
    return 0;
  },
};

const atOnce = 64;

async function summaryOf(dir: string): Promise<RunSummary> {
  return await openRun(dir).then(summary, () => ({ dir, state: 'unreadable', summary: '' }));
}

function summary(run: Run): RunSummary {
  const { config, conclusion, stages } = run.record;
  const last = Object.entries(stages).at(-1);
  const unfinished = last === undefined ? 'empty' : `${last[0]} ${last[1].state}`;
  return {
    dir: run.dir,
    state: conclusion?.verdict ?? unfinished,
    summary: `${config.fixed ? '(fixed) ' : ''}${conclusion?.summary ?? ''}`,
  };
}
