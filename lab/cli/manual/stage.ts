import type { Command } from 'commander';
import { cacheVariable, outputVariables, plainExits, runsVariable, sshVariables } from './common.js';
import { describe } from './page.js';
import { runOptions } from './run.js';

export const stageNames = ['provision', 'build', 'start', 'load', 'stop'] as const;
export type StageCommandName = (typeof stageNames)[number];

const does: Readonly<Record<StageCommandName, string>> = {
  provision: 'look for the tools and install what is missing',
  build: 'build the server',
  start: 'start the server and leave it running',
  load: 'drive the server as the scenario says, until its fault shows or the plan ends',
  stop: 'end the server',
};

const begins: readonly StageCommandName[] = ['provision', 'build'];

/** One of the stages of `lab run`. */
export function defineStage(program: Command, name: StageCommandName): Command {
  const command = program.command(name).description(`one stage of a run: ${does[name]}`);
  const first = begins.includes(name);
  if (first) runOptions(command.argument('[scenario]', 'for a new run: a name from `npx lab scenarios`'));
  command
    .optionsGroup('Which run')
    .option('--run <run>', 'folder of the run to continue; the newest by default');
  const newRun = first
    ? 'Starts a new run when a scenario is named, or when the newest run is past this stage; otherwise continues the newest one.'
    : 'Continues the newest run, or the one that is named.';
  return describe(command, {
    description: [`${newRun} Its result is saved in the folder of the run, where the next stage reads it.`],
    exits: plainExits,
    files: [['run.json', 'each stage with its state, its result or its error']],
    environment: [runsVariable, cacheVariable, ...sshVariables, ...outputVariables],
    examples: [
      ...(first ? [{ does: 'A new run', type: `npx lab ${name} catalog --port 0` }] : []),
      { does: 'The newest run', type: `npx lab ${name}` },
    ],
    see: ['docs/runs.md', 'npx lab run'],
  });
}
