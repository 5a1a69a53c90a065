import { quoteWord } from '../quote-word.js';
import type { RunRecord } from './run-record.js';

/** Stages that are commands, in the order in which each needs those before it. */
const order: readonly string[] = ['provision', 'build', 'start', 'load', 'capture'];
/** A run that has ended, however, has ended its server too: these begin with another one. */
const firstOfServer = order.indexOf('start');

/** Command lines that bring the run in `dir` to the end of a stage, joined by `&&`; what is done already is left out. */
export function commandsTo(
  name: string,
  dir: string,
  { stages, conclusion }: Pick<RunRecord, 'stages' | 'conclusion'>,
): string {
  const undone = order.findIndex((one) => stages[one]?.state !== 'done');
  const open = undone === -1 ? order.length : undone;
  return joined(conclusion === null ? open : Math.min(open, firstOfServer), name, dir);
}

/** As {@link commandsTo}, for a run whose server is gone though it was started. */
export function commandsAgain(name: string, dir: string): string {
  return joined(firstOfServer, name, dir);
}

function joined(from: number, name: string, dir: string): string {
  return [...order.slice(from, Math.max(order.indexOf(name), 0)), name]
    .map((one) => `npx lab ${one} --run ${quoteWord(dir)}`)
    .join(' && ');
}

/** What brings a stage on that was killed, where it is no command itself. */
const inPlaceOf: Readonly<Record<string, string>> = {
  connect: 'provision',
  symptoms: 'capture',
  checklist: 'analyze',
};

/** Command lines that go on where a run was killed; `undefined` when it was not. `hasServer`: whether its server still runs. */
export function commandsOn(
  dir: string,
  record: Pick<RunRecord, 'stages' | 'conclusion'>,
  hasServer: boolean,
): string | undefined {
  const killed = killedAt(record);
  if (killed === undefined) return undefined;
  if (killed === 'report') return `npx lab report ${quoteWord(dir)}`;
  const name = inPlaceOf[killed] ?? killed;
  const needsServer = ['load', 'capture', 'stop'].includes(name);
  if (!needsServer || hasServer) return commandsTo(name, dir, record);
  return name === 'stop' ? `npx lab analyze --run ${quoteWord(dir)}` : commandsAgain(name, dir);
}

/** The stage at which the lab was killed; the last of several, of which only that one is still of interest. */
export function killedAt({ stages }: Pick<RunRecord, 'stages'>): string | undefined {
  const [name, stage] = Object.entries(stages).at(-1) ?? [];
  return stage?.state === 'killed' ? name : undefined;
}
