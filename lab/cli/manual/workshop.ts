import type { Command } from 'commander';
import { cacheVariable, failureExits, outputVariables, runsVariable } from './common.js';
import { describe } from './page.js';

export function defineWorkshop(program: Command): Command {
  const command = program
    .command('workshop')
    .description('a workbook in the browser: the article by hand, and other hangs, step by step')
    .optionsGroup('Workbook')
    .option('--name <name>', "the participant's name; the user's unless named")
    .option('--lesson <name>', 'only this lesson')
    .option('--dir <dir>', 'where progress is kept, a folder for each participant')
    .option('--port <n>', 'of the workbook; any free one unless named')
    .optionsGroup('Class')
    .option('--class <dir>', 'a folder that the class shares, to tell how far everybody is')
    .option('--instructor', 'show the class of --class, and its time plan')
    .optionsGroup('Output')
    .option('--open', 'open the page in the browser');
  return describe(command, {
    description: [
      'Serves a workbook on the loopback interface and prints its link, which holds a token: without it the workbook answers nobody. Commands are typed in a terminal of your own; the workbook looks whether they did what they should.',
      'Ctrl-C ends the workbook and what the lab has started; what you have started goes on. Progress is kept.',
    ],
    exits: failureExits,
    files: [['runs/workshop/NAME/', 'progress, and the working folder of each lesson']],
    environment: [runsVariable, cacheVariable, ...outputVariables],
    examples: [
      { does: 'For yourself', type: 'npx lab workshop --open' },
      { does: 'In a class', type: 'npx lab workshop --class /srv/class --name ada' },
      { does: 'For its teacher', type: 'npx lab workshop --class /srv/class --instructor' },
    ],
    see: ['docs/workshop.md', 'npx lab scenarios', 'npx lab doctor'],
  });
}
