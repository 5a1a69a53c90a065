import { basename } from 'node:path';
import Table from 'cli-table3';
import type { Run } from '../../store/run-store.js';
import { listRuns, openRun } from '../../store/run-store.js';
import type { LabCommand } from '../command.js';
import { defineRuns } from '../manual/look.js';

export const runsCommand: LabCommand = {
  define: defineRuns,
  async act({ output }) {
    const folders = await listRuns();
    const opened = await Promise.all(
      folders.map((dir) =>
        openRun(dir).then(summary, () => ({ dir, state: 'unreadable' as const, summary: '' })),
      ),
    );
    output.document(opened);
    if (opened.length === 0) output.print('no stored runs yet; make one: npx lab run');
    else output.print(table(opened));
    return 0;
  },
};

interface RunSummary {
  readonly dir: string;
  readonly state: string;
  readonly summary: string;
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

function table(rows: readonly RunSummary[]): string {
  const grid = new Table({
    head: ['run', 'state', 'summary'],
    colWidths: [29, 15, 32],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  for (const row of rows) grid.push([basename(row.dir), row.state, row.summary]);
  return grid.toString();
}
