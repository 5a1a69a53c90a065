import type { ChecklistInput } from './input.js';
import { type ChecklistRow, command, count, fails, holds, judge, row, unseen } from './row.js';
import { listeningRow } from './rows-outside.js';

/** What must be seen of the repaired twin, under the load that hangs the faulty one. */
export function fixedRows(input: ChecklistInput): ChecklistRow[] {
  const { load, symptoms, diagnosis, quit } = input;
  const rows = [
    listeningRow(input),
    row(
      'survives-load',
      'The repaired server outlives the load that hangs the faulty one.',
      ['load.jsonl'],
      load === undefined
        ? unseen('no load was run')
        : (load.hungAfterMs === null && (load.health === 'healthy' || load.health === 'slow')
            ? holds
            : fails)(
            `${load.driver}, ${load.step.connections} connections, ${(load.ms / 1_000).toFixed(1)} s: ${count(load.responses, 'answer')}, ${load.health}`,
          ),
    ),
    row(
      'curl-answers',
      'After the load it answers with 200.',
      command('curl'),
      judge(symptoms?.curl, ({ status, ms, message }) =>
        status === 200 ? holds(`200 after ${ms} ms`) : fails(status === null ? message : `status ${status}`),
      ),
    ),
    row(
      'pprof-few',
      'No request is left behind as a goroutine.',
      command('pprof'),
      judge(symptoms?.pprof, ({ goroutines, message }) => {
        if (goroutines === null) return fails(message === '' ? 'pprof gave no number' : message);
        return (goroutines < 100 ? holds : fails)(`pprof counts ${count(goroutines, 'goroutine')}`);
      }),
    ),
  ];
  if (quit !== undefined) {
    const ended = judge(quit.sigquit, ({ goroutines, ended: how }) =>
      (how === null ? fails : holds)(`${count(goroutines, 'goroutine')}, ${how ?? 'went on living'}`),
    );
    rows.push(row('sigquit-dumps', 'SIGQUIT prints its goroutines and ends it.', command('sigquit'), ended));
  }
  if (diagnosis !== undefined) {
    const none = (diagnosis.verdict === 'none' ? holds : fails)(diagnosis.summary);
    rows.push(row('no-deadlock', 'Its core shows no deadlock.', ['diagnosis.json', 'verdict'], none));
  }
  return rows;
}
