import { basename } from 'node:path';
import Table from 'cli-table3';
import { conclusionWords } from './conclusion-words.js';
import { wrap } from './wrap.js';

export interface RunSummary {
  readonly dir: string;
  readonly state: string;
  readonly summary: string;
  /** Of a run whose lab was killed: the commands that bring it on. */
  readonly goOn?: string;
}

/** Columns that a summary needs to be read beside the rest. */
const leastSummary = 24;
/** Borders, and a space on each side of a cell. */
const frame = 4 + 3 * 2;

/** Stored runs as a table of at most `width` columns, or as a list where that is too narrow; names stay whole. */
export function runsText(given: readonly RunSummary[], width: number): string {
  const words: Readonly<Record<string, string>> = conclusionWords;
  const rows = given.map((row) => ({ ...row, state: words[row.state] ?? row.state }));
  const widest = (words: readonly string[]): number => Math.max(...words.map(({ length }) => length));
  const names = widest(rows.map(({ dir }) => basename(dir)));
  const states = widest(['state', ...rows.map(({ state }) => state)]);
  const rest = width - frame - names - states;
  if (rest < leastSummary) return rows.flatMap((row) => entry(row, width)).join('\n');
  const grid = new Table({
    head: ['run', 'state', 'summary'],
    colWidths: [names + 2, states + 2, rest + 2],
    wordWrap: true,
    style: { head: [], border: [], compact: true },
  });
  for (const { dir, state, summary, goOn } of rows)
    grid.push([basename(dir), state, goOn === undefined ? summary : 'go on with the command below']);
  // A command is there to be copied, and a table would break it.
  const commands = rows.flatMap(({ goOn }) => (goOn === undefined ? [] : [`  ${goOn}`]));
  return [
    grid.toString(),
    ...(commands.length === 0 ? [] : ['Runs that were killed go on with']),
    ...commands,
  ].join('\n');
}

function entry({ dir, state, summary }: RunSummary, width: number): string[] {
  const text = summary === '' ? state : `${state}: ${summary}`;
  return [basename(dir), ...wrap(text, { width, indent: '    ', whole: true })];
}
