import type { Argument, Command, Option } from 'commander';
import { createColors } from 'picocolors';
import { either } from '../../complaints.js';
import { textWidth, wrap } from '../../report/wrap.js';
import { hasColour } from '../context.js';

/** What a command's help says beyond its arguments and options, in the order of a man page. */
export interface Page {
  /** How it is typed, without `npx lab`; made from the definition when left out. */
  readonly synopsis?: readonly string[];
  /** Paragraphs. */
  readonly description?: readonly string[];
  readonly exits?: readonly Entry[];
  readonly files?: readonly Entry[];
  readonly environment?: readonly Entry[];
  readonly examples: readonly Example[];
  /** Pages of the project's docs. */
  readonly see?: readonly string[];
}

/** A word and what it means. */
export type Entry = readonly [word: string, text: string];

export interface Example {
  /** What it does, without a full stop; of several in a row the first may say it for all. */
  readonly does?: string;
  /** As typed, whole. */
  readonly type: string;
}

const margin = '  ';
const widest = 120;
const leastText = 26;

/** A command's help as a man page, of as many columns as the terminal has; what is to be typed is never broken. */
export function manualText(command: Command, page: Page, columns = textWidth): string {
  const layout = layoutFor(columns);
  const { heading, entries, prose } = layout;
  const arguments_ = command.registeredArguments.map(argumentEntry);
  return [
    ...heading('Name'),
    ...prose(`lab ${pathOf(command)} - ${command.summary() || command.description()}`),
    ...heading('Synopsis'),
    ...(page.synopsis ?? [synopsisOf(command)]).map((line) => `${margin}npx lab ${line}`),
    ...paragraphs('Description', page.description ?? [], layout),
    ...section('Arguments', arguments_, layout),
    ...optionGroups(command).flatMap(([title, options]) => [
      ...heading(title),
      ...entries(optionEntries(options)),
    ]),
    ...section('Exit codes', page.exits ?? [], layout),
    ...section('Files', page.files ?? [], layout),
    ...section('Environment', page.environment ?? [], layout),
    ...heading(page.examples.length === 1 ? 'Example' : 'Examples'),
    ...page.examples.flatMap((one) => exampleLines(one, layout)),
    ...paragraphs('See also', page.see === undefined ? [] : [page.see.join(', ')], layout),
    '',
  ].join('\n');
}

export interface Layout {
  readonly columns: number;
  heading(title: string): string[];
  prose(text: string, indent?: string): string[];
  /** Two columns; one below the other where the terminal is narrow. */
  entries(rows: readonly Entry[]): string[];
}

export function layoutFor(wanted: number): Layout {
  const columns = Math.max(40, Math.min(wanted, widest));
  const { bold } = createColors(hasColour(process.stdout));
  const prose = (text: string, indent = margin): string[] =>
    wrap(text, { width: columns, indent, whole: true });
  return {
    columns,
    heading: (title) => [...(title === 'Name' ? [] : ['']), bold(title.toUpperCase())],
    prose,
    entries(rows) {
      const longest = Math.max(0, ...rows.map(([word]) => word.length));
      // Side by side as long as enough room is left for the meaning.
      const beside = longest <= Math.min(30, columns - 4 - leastText);
      const left = beside ? margin.length + longest + 2 : 6;
      return rows.flatMap(([word, text]) => {
        const lines = prose(text, ' '.repeat(left));
        const [first = '', ...rest] = lines;
        return beside
          ? [`${margin}${word}`.padEnd(left) + first.trimStart(), ...rest]
          : [margin + word, ...lines];
      });
    },
  };
}

function section(title: string, rows: readonly Entry[], { heading, entries }: Layout): string[] {
  return rows.length === 0 ? [] : [...heading(title), ...entries(rows)];
}

function paragraphs(title: string, texts: readonly string[], { heading, prose }: Layout): string[] {
  if (texts.length === 0) return [];
  return [...heading(title), ...texts.flatMap((text, at) => [...(at === 0 ? [] : ['']), ...prose(text)])];
}

function exampleLines({ does, type }: Example, { prose }: Layout): string[] {
  return [...(does === undefined ? [] : prose(`${does}:`)), `${margin}  $ ${type}`];
}

/** `kit pack` for a command of a command. */
function pathOf(command: Command): string {
  const { parent } = command;
  return parent === null || parent.parent === null ? command.name() : `${pathOf(parent)} ${command.name()}`;
}

function synopsisOf(command: Command): string {
  const words = command.registeredArguments.map(
    (one) =>
      `${one.required ? '<' : '['}${one.name()}${one.variadic ? '...' : ''}${one.required ? '>' : ']'}`,
  );
  const below = command.commands.length > 0 ? ['<command>'] : [];
  return [pathOf(command), ...below, ...words, '[options]'].join(' ');
}

function argumentEntry(argument: Argument): Entry {
  const { defaultValue } = argument;
  const unless = typeof defaultValue === 'string' ? `; ${defaultValue} by default` : '';
  return [argument.name(), `${argument.description}${unless}`];
}

function optionEntries(options: readonly Option[]): Entry[] {
  const aligned = options.some(({ short }) => short !== undefined);
  return options.map((one) => optionEntry(one, aligned));
}

function optionEntry(option: Option, aligned: boolean): Entry {
  const { argChoices, description } = option;
  const text = argChoices === undefined ? description : description.replace('%s', either(argChoices));
  return [aligned && option.short === undefined ? `    ${option.flags}` : option.flags, text];
}

function optionGroups(command: Command): readonly (readonly [string, readonly Option[]])[] {
  const groups = new Map<string, Option[]>();
  const helper = command.createHelp();
  for (const option of helper.visibleOptions(command)) {
    const title = option.helpGroupHeading ?? 'Output';
    groups.set(title, [...(groups.get(title) ?? []), option]);
  }
  return [...groups];
}
