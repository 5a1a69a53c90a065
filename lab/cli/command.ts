import type { Command } from 'commander';
import type { Output } from './context.js';

export interface Call {
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** One command: how it is typed, and what it does. `act` returns the exit code. */
export interface LabCommand {
  define(program: Command): Command;
  act(call: Call): Promise<number>;
}

/** Adds an example to a command's help. */
export function example(command: Command, text: string): Command {
  return command.addHelpText('after', `\nExample:\n  $ ${text.split('\n').join('\n  $ ')}\n`);
}
