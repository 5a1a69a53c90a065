import type { Command } from 'commander';
import type { Output } from './context.js';

export interface Call {
  readonly args: readonly unknown[];
  readonly options: Readonly<Record<string, unknown>>;
  readonly output: Output;
  readonly signal: AbortSignal;
}

/** How a command is typed: adds it to the program, with its help. */
export type Define = (program: Command) => Command;

/** One command: how it is typed, and what it does. `act` returns the exit code. */
export interface LabCommand {
  readonly define: Define;
  act(call: Call): Promise<number>;
}
