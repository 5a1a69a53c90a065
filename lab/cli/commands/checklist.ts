import { checklistExitOk } from '../../checklist/checklist.js';
import { LabError } from '../../errors.js';
import { checklistText } from '../../report/checklist-text.js';
import { readReport } from '../../report/run-files.js';
import { openRun } from '../../store/run-store.js';
import type { LabCommand } from '../command.js';
import { defineChecklist } from '../manual/look.js';
import { terminalOf } from '../screen.js';

export const checklistCommand: LabCommand = {
  define: defineChecklist,
  async act({ args, output }) {
    const run = await openRun(String(args[0]));
    const { checklist: rows } = await readReport(run);
    if (rows.length === 0) {
      throw new LabError(`${run.dir} has no checklist: the article tells of the scenario blog`, {
        code: 'usage',
        hint: 'run it first: npx lab run blog',
      });
    }
    output.document(rows);
    output.print(checklistText(rows, terminalOf(output)));
    return checklistExitOk(rows) ? 0 : 1;
  },
};
