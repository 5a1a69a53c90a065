import { Command } from 'commander';
import type { LabCommand } from './command.js';
import { loadCommands, loadDefinitions, modules } from './commands/index.js';
import { programManual } from './commands/program.js';
import { addCommon } from './manual/page.js';

/** Called for the command that is meant, with its command line as parsed. */
export type Act = (command: Command, act: LabCommand['act']) => Promise<void>;

/**
 * The command line of `lab`, of which only the named command is known in full, the others by name and purpose.
 * Without `act` it can be parsed, asked for its help, and nothing else: what commands do is not loaded then.
 */
export async function openProgram(name: string | undefined, act?: Act): Promise<Command> {
  const program = new Command('lab')
    .description('Makes a Go service hang on purpose, catches it in a core file, and proves why it hung.')
    .helpCommand(false)
    .exitOverride();
  programManual(program);
  if (name !== undefined) {
    if (act === undefined) {
      for (const define of await loadDefinitions(name)) finish(define(program)).action(() => {});
    } else {
      for (const one of await loadCommands(name)) {
        const command = finish(one.define(program));
        command.action(async () => await act(command, one.act));
      }
    }
  }
  for (const { purposes } of modules) {
    for (const [other, purpose] of Object.entries(purposes)) {
      const known = program.commands.find((command) => command.name() === other);
      if (known === undefined) program.command(other).summary(purpose);
      else known.summary(purpose);
    }
  }
  return program;
}

function finish(command: Command): Command {
  return addCommon(command).exitOverride();
}
