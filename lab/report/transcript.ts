import { stripVTControlCharacters } from 'node:util';
import { dialogue } from '../checklist/walk-parse.js';
import { printable } from '../printable.js';
import type { CommandRecord } from '../store/command-record.js';
import { commandLine } from './shell.js';

export interface TranscriptChapter {
  readonly title: string;
  /** What happens in it, in one or two sentences. */
  readonly text: string;
  readonly records: readonly CommandRecord[];
}

export interface TranscriptInput {
  readonly title: string;
  readonly text: string;
  /** The run's folder: paths below it are shown relative to it. */
  readonly dir: string;
  readonly chapters: readonly TranscriptChapter[];
}

export interface Transcript {
  readonly markdown: string;
  /** Outputs that were shortened, whole: names relative to the run's folder. */
  readonly files: readonly { readonly name: string; readonly text: string }[];
}

/** Lines of an output that are shown at its beginning and end when it is longer than both. */
const head = 80;
const tail = 12;
const longestLine = 400;

/**
 * What was done, as commands that a reader can type in the run's folder, each with what it printed. Long
 * outputs are shortened in the middle and returned whole beside it.
 */
export function transcript({ title, text, dir, chapters }: TranscriptInput): Transcript {
  const files: { name: string; text: string }[] = [];
  const parts = chapters.flatMap((chapter) => [
    `## ${chapter.title}`,
    chapter.text,
    ...chapter.records.flatMap((record) => commandSection(record, dir, files)),
  ]);
  const markdown = [`# ${title}`, text, ...parts].filter((part) => part !== '').join('\n\n');
  return { markdown: `${markdown}\n`, files };
}

function commandSection(
  record: CommandRecord,
  dir: string,
  files: { name: string; text: string }[],
): readonly string[] {
  const printed = whatItPrinted(record);
  const lines = printed === '' ? [] : printed.split('\n');
  const whole = lines.length <= head + tail + 1 && lines.every((line) => line.length <= longestLine);
  const name = `output/${record.id}.txt`;
  if (!whole) files.push({ name, text: `${printed}\n` });
  const shown = whole ? lines : shorten(lines, name);
  const body = [`$ ${printable(commandLine(record, dir))}`, ...shown].join('\n');
  const end = howItEnded(record);
  const remarks = [record.note, end].filter((remark) => remark !== undefined);
  return [
    `<a id="${record.id}"></a>`,
    fenced(body),
    ...(remarks.length === 0 ? [] : [remarks.map((remark) => `*${sentence(remark)}*`).join(' ')]),
  ];
}

function whatItPrinted(record: CommandRecord): string {
  const turns = record.input === undefined ? undefined : dialogue(record.input, record.stdout);
  const stdout =
    turns === undefined
      ? [...(record.input === undefined ? [] : [record.input]), record.stdout].join('')
      : turns.map(({ typed, printed }) => `(dlv) ${typed}\n${printed}`).join('');
  const both = [stdout, record.stderr].map((text) => text.replaceAll('\r\n', '\n').trimEnd());
  return printable(stripVTControlCharacters(both.filter((text) => text !== '').join('\n')));
}

function shorten(lines: readonly string[], name: string): string[] {
  const cut = (line: string): string =>
    line.length <= longestLine ? line : `${line.slice(0, longestLine)}... (${line.length} characters)`;
  if (lines.length <= head + tail + 1) return lines.map(cut);
  const left = lines.length - head - tail;
  return [
    ...lines.slice(0, head).map(cut),
    `... ${left} lines left out; all are in ${name} ...`,
    ...lines.slice(-tail).map(cut),
  ];
}

function howItEnded({
  exitCode,
  signal,
  timedOut,
  background,
  durationMs,
}: CommandRecord): string | undefined {
  if (background === true) return undefined;
  if (timedOut) return `ended by the lab after ${seconds(durationMs)}`;
  if (signal !== null) return `ended by ${signal}`;
  if (exitCode !== null && exitCode !== 0) return `exit status ${exitCode}, after ${seconds(durationMs)}`;
  return undefined;
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** A fence longer than any run of backticks inside, so that no output can leave its block. */
function fenced(body: string): string {
  const longest = Math.max(2, ...[...body.matchAll(/`+/g)].map(([ticks]) => ticks.length));
  const fence = '`'.repeat(longest + 1);
  return `${fence}console\n${body}\n${fence}`;
}

/** A text of the run as a sentence that Markdown leaves as it is. */
export function sentence(text: string): string {
  const escaped = printable(text).replace(/[\\*_<>`[\]]/g, '\\$&');
  return `${escaped.charAt(0).toUpperCase()}${escaped.slice(1)}${/[.!?]$/.test(escaped) ? '' : '.'}`;
}
