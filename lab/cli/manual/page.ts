import { type Command, Option } from 'commander';
import { manualText } from './format.js';

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

/** Gives a command its help, laid out like a man page. */
export function describe(command: Command, page: Page): Command {
  return command.configureHelp({ formatHelp: (cmd, helper) => manualText(cmd, page, helper.helpWidth) });
}

/** An option that takes one of a few words; whether it does is checked with all the others, not by the parser. */
export function oneOf(flags: string, text: string, choices: readonly string[]): Option {
  return Object.assign(new Option(flags, text), { argChoices: [...choices] });
}

/** For an option that may be repeated. */
export function collect(value: string, before: readonly string[]): readonly string[] {
  return [...before, value];
}

/** The options that every command has. */
export function addCommon(command: Command): Command {
  return command
    .optionsGroup('Output')
    .option('--json', 'print one JSON document on stdout, everything else on stderr')
    .option('--quiet', 'print nothing while working')
    .helpOption('-h, --help', 'print this');
}
