import { Argument, type Command } from 'commander';
import { cacheVariable, outputVariables, plainExits, runsVariable } from './common.js';
import { describe } from './page.js';

export function defineKit(program: Command): Command {
  const command = program
    .command('kit')
    .description('pack a run into one small file without the data of the service; open such a file')
    .addArgument(new Argument('<what>', 'pack a run, or open a kit').choices(['pack', 'open']))
    .argument('<path>', 'the folder of the run, or the kit')
    .optionsGroup('Both')
    .option(
      '-o, --output <file>',
      'the kit to write, or the folder to open it in; named after the run by default',
    )
    .optionsGroup('Pack')
    .option('--keep-heap', 'keep the whole core, with all data that the service had in memory')
    .option('--lesson <dir>', 'add the lesson in this folder');
  return describe(command, {
    description: [
      'A kit is a run for people without a VM, load or time: the core, its executable, the sources that the analysis read, the diagnosis, and a manifest with hashes and the versions of the tools to use.',
      'The core is slimmed to what the analysis and Delve need; what else the service had in memory is not in it, and the diagnosis is made again and compared before the kit is written.',
      'Opening a kit verifies every hash and leaves nothing behind when something is wrong.',
    ],
    exits: [['2', 'the slimmed core gives another diagnosis: pack with --keep-heap'], ...plainExits],
    environment: [runsVariable, cacheVariable, ...outputVariables],
    examples: [
      {
        does: 'Pack a run',
        type: 'npx lab kit pack runs/2026-11-23T042011-blog -o blog.tar.gz',
      },
      { does: 'Open it', type: 'npx lab kit open blog.tar.gz -o blog' },
    ],
    see: ['docs/kit.md', 'npx lab runs', 'npx lab analyze'],
  });
}
