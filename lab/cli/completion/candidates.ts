import type { Argument, Command, Option } from 'commander';
import { type Candidate, type Values, valuesFor } from './values.js';

/** How a command line may go on, from what commander knows of it. The last of `words` is being typed. */
export async function candidates(
  program: Command,
  name: string | undefined,
  words: readonly string[],
): Promise<Values> {
  const current = words.at(-1) ?? '';
  if (name === undefined) return starting(current, commandsOf(program));
  const typed = words.slice(words.indexOf(name) + 1, -1);
  const [command, before] = descend(program, name, typed);
  if (command === undefined) return { found: [], more: 'none' };

  const pending = pendingOption(command, before);
  if (pending !== undefined) return await valuesOf(pending, current);
  const joined = /^(--[^=]+)=(.*)$/.exec(current);
  const option = command.options.find(({ long }) => long === joined?.[1]);
  if (option !== undefined && joined !== null) {
    const values = await valuesOf(option, joined[2] ?? '');
    return { ...values, found: values.found.map((one) => ({ ...one, word: `${joined[1]}=${one.word}` })) };
  }
  if (current.startsWith('-')) return starting(current, optionsOf(command, before));
  if (command.commands.length > 0) return starting(current, commandsOf(command));
  return await valuesOf(argumentAt(command, before), current);
}

/** The command that is meant, one of a command's own commands too, and the words behind its name. */
function descend(
  program: Command,
  name: string,
  typed: readonly string[],
): [command: Command | undefined, before: readonly string[]] {
  const command = program.commands.find((one) => one.name() === name);
  const below = typed.find((word) => !word.startsWith('-'));
  if (command === undefined || below === undefined || command.commands.length === 0) return [command, typed];
  return descend(command, below, typed.slice(typed.indexOf(below) + 1));
}

/** The option whose value is being typed. One whose value may be left out takes what does not look like an option. */
function pendingOption(command: Command, before: readonly string[]): Option | undefined {
  const last = before.at(-1);
  if (last === undefined || before.slice(0, -1).includes('--')) return undefined;
  return optionNamed(command, last, ({ required }) => required);
}

function optionNamed(command: Command, word: string, which: (option: Option) => boolean): Option | undefined {
  return command.options.find((one) => (one.short === word || one.long === word) && which(one));
}

/** The argument at the place of the word that is being typed. */
function argumentAt(command: Command, before: readonly string[]): Argument | undefined {
  let place = 0;
  for (const [at, word] of before.entries()) {
    const previous = before[at - 1];
    const isValue =
      previous !== undefined && optionNamed(command, previous, (one) => one.required) !== undefined;
    if (!isValue && !word.startsWith('-')) place += 1;
  }
  const { registeredArguments } = command;
  const last = registeredArguments.at(-1);
  return registeredArguments[place] ?? (last?.variadic === true ? last : undefined);
}

async function valuesOf(of: Option | Argument | undefined, current: string): Promise<Values> {
  if (of === undefined) return { found: [], more: 'none' };
  const name = 'flags' in of ? (/[<[]([^>\]]+)[>\]]/.exec(of.flags)?.[1] ?? '') : of.name();
  const { found, more } = await valuesFor(name.replace(/\.\.\.$/, ''), of.argChoices);
  return { ...starting(current, found), more };
}

function commandsOf(command: Command): Candidate[] {
  return command.commands.map((one) => ({ word: one.name(), meaning: one.summary() || one.description() }));
}

/** Options that are not given yet, and those that may be given again. */
function optionsOf(command: Command, before: readonly string[]): Candidate[] {
  const options = command.createHelp().visibleOptions(command);
  return options
    .filter(
      (one) =>
        one.parseArg !== undefined || ![one.short, one.long].some((flag) => flag && before.includes(flag)),
    )
    .map((one) => ({
      word: one.long ?? one.flags,
      meaning: one.description.replace(/:? %s.*/, ''),
    }));
}

function starting(current: string, all: readonly Candidate[]): Values {
  return { found: all.filter(({ word }) => word.startsWith(current)), more: 'none' };
}
