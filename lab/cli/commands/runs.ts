import { allPrintable } from '../../printable.js';
import { type RunSummary, runsText } from '../../report/runs-text.js';
import { startedServerSchema } from '../../server/start.js';
import { type RunRecord, stageResult } from '../../store/run-record.js';
import type { Run } from '../../store/run-store.js';
import { listRuns, openRun } from '../../store/run-store.js';
import { commandsOn } from '../../store/stage-commands.js';
import { isSameProcess } from '../../targets/process-identity.js';
import type { LabCommand } from '../command.js';
import { columnsOf } from '../context.js';
import { defineRuns } from '../manual/look.js';
import { patiently } from '../progress.js';

export const runsCommand: LabCommand = {
  define: defineRuns,
  async act({ output }) {
    const folders = await listRuns();
    const listed = await patiently(output, { stage: 'runs', text: 'reading the runs' }, async (say) => {
      const read: RunSummary[] = [];
      // In batches: a process may have so many files open.
      for (let at = 0; at < folders.length; at += atOnce) {
        const batch = folders.slice(at, at + atOnce).map(summaryOf);
        read.push(...(await Promise.all(batch)));
        say(`${read.length} of ${folders.length}`);
      }
      return read;
    });
    const opened = allPrintable(listed);
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

async function summary({ dir, record }: Run): Promise<RunSummary> {
  const { config, conclusion, stages } = record;
  const [name, stage] = Object.entries(stages).at(-1) ?? [];
  const unfinished = stage === undefined ? 'empty' : `${name} ${stage.state}`;
  const goOn = conclusion === null ? commandsOn(dir, record, await hasServer(record)) : undefined;
  const said = conclusion?.summary ?? (goOn === undefined ? '' : `go on: ${goOn}`);
  return {
    dir,
    state: conclusion?.verdict ?? (goOn === undefined ? unfinished : `killed at ${name}`),
    summary: `${config.fixed ? '(fixed) ' : ''}${said}`,
    ...(goOn === undefined ? {} : { goOn }),
  };
}

/** Of another machine that is taken for granted: the list asks nobody. */
async function hasServer({ config, stages }: RunRecord): Promise<boolean> {
  const started = stageResult(stages['start'], startedServerSchema);
  if (started === undefined) return false;
  return config.target !== 'local' || (await isSameProcess(started.identity));
}
