import { posix } from 'node:path';
import { z } from 'zod';
import { LabError } from '../errors.js';
import { printable } from '../printable.js';
import { quoteWord } from '../quote-word.js';

/** A process as the helper lists it: pids are those that the container itself sees. */
const processSchema = z.object({
  pid: z.number().int().positive(),
  exe: z.string().default(''),
  command: z.array(z.string()).nullish(),
  /** For example `go1.26.8`; absent when the program is not Go, or its executable may not be read. */
  go: z.string().optional(),
  state: z.string().optional(),
});

export type ListedProcess = z.infer<typeof processSchema>;

/** Reads `capture list`, leaving out the helper itself, wherever it was put. */
export function readProcesses(text: string, helper: string): readonly ListedProcess[] {
  const listed: ListedProcess[] = [];
  for (const line of text.split('\n')) {
    try {
      const parsed = processSchema.safeParse(JSON.parse(line));
      if (parsed.success && posix.basename(parsed.data.exe) !== posix.basename(helper))
        listed.push(parsed.data);
    } catch {
      // A line that was cut off, or nobody's.
    }
  }
  return listed;
}

export interface Choice {
  /** As a person names the container. */
  readonly where: string;
  /** As `--target` takes it. */
  readonly target: string;
  /** As seen inside of the container. */
  readonly pid?: number | undefined;
  /** The line for rights that are missing there. */
  readonly grant: string;
}

/**
 * The process that is meant: that pid, or else the only Go process. Throws `usage` that lists them with the command that
 * chooses when there are several, `target` when there is none, and `missing-permission` when what runs may not be looked at.
 */
export function chooseProcess(
  processes: readonly ListedProcess[],
  { where, target, pid, grant }: Choice,
): ListedProcess {
  const going = processes.filter(({ go, state }) => go !== undefined && state !== 'Z' && state !== 'X');
  if (pid !== undefined) {
    const found = processes.find((one) => one.pid === pid);
    if (found === undefined) {
      throw new LabError(`there is no process ${pid} in ${where}${among(going)}`, {
        code: 'target',
        hint: 'give the pid that the process has inside of the container, or none where it is the only Go process',
      });
    }
    if (found.state === 'Z' || found.state === 'X') {
      throw new LabError(`process ${pid} in ${where} has ended and only waits for its parent to notice`, {
        code: 'target',
        hint: 'name a process that runs',
      });
    }
    return found;
  }
  const [first, second] = going;
  const unreadable = processes.filter(({ exe, command }) => exe === '' && (command ?? []).length > 0);
  if (first === undefined && unreadable.length > 0) {
    throw new LabError(`what runs in ${where} may not be looked at: ${namesOf(unreadable)}`, {
      code: 'missing-permission',
      hint: grant,
    });
  }
  if (first === undefined) {
    const seen = processes.length === 0 ? 'no process can be seen' : `no Go process runs`;
    throw new LabError(`${seen} in ${where}${processes.length === 0 ? '' : `: ${namesOf(processes)}`}`, {
      code: 'target',
      hint: 'name the process, where its executable may not be read: --pid PID, as seen inside of the container',
    });
  }
  if (second !== undefined) {
    throw new LabError(`${going.length} Go processes run in ${where}${among(going)}`, {
      code: 'usage',
      hint: `choose one: npx lab capture --target ${quoteWord(target)} --pid ${first.pid}`,
      details: { processes: going.map(({ pid: one, exe, command }) => ({ pid: one, exe, command })) },
    });
  }
  return first;
}

const most = 20;

function among(processes: readonly ListedProcess[]): string {
  if (processes.length === 0) return '';
  const lines = processes
    .slice(0, most)
    .map((one) => `  ${String(one.pid).padStart(7)}  ${one.go ?? ''}  ${commandOf(one)}`);
  const more = processes.length > most ? [`  and ${processes.length - most} more`] : [];
  return `; Go processes there:\n${[...lines, ...more].join('\n')}`;
}

const namesOf = (processes: readonly ListedProcess[]): string =>
  processes
    .slice(0, 5)
    .map((one) => `${one.pid} ${commandOf(one)}`)
    .join(', ') + (processes.length > 5 ? ', ...' : '');

function commandOf({ command, exe }: ListedProcess): string {
  const words = (command ?? []).join(' ') || exe || '?';
  const text = printable(words).replaceAll('\n', ' ');
  return text.length > 80 ? `${text.slice(0, 77)}...` : text;
}
