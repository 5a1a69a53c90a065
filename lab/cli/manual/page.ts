import { type Command, Option } from 'commander';
import { manualText, type Page } from './format.js';

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
