import type { Command } from 'commander';
import { cacheVariable, failureExits, outputVariables, runsVariable } from './common.js';
import { describe } from './page.js';

export function defineWorkshop(program: Command): Command {
  const command = program
    .command('workshop')
    .description('a workbook in the browser: the article and other hangs, step by step')
    .optionsGroup('The workbook')
    .option('--lesson <name>', 'only this lesson')
    .option('--lessons <dir>', 'other lessons: a folder of lessons, or one lesson, for example from a kit')
    .option('--name <name>', "the participant's name; the user's by default")
    .option('--dir <dir>', 'folder for progress, one for each participant')
    .option('--port <n>', 'port of the workbook; a free one by default')
    .option('--open', 'open the page in the browser')
    .optionsGroup('A class')
    .option('--class <dir>', 'a folder that the class shares, with the progress of each participant')
    .option('--instructor', 'show the progress of --class, and its time plan');
  return describe(command, {
    description: [
      'Serves a workbook on the loopback interface of this machine; the printed link opens it. Each step has a goal and the commands to type in your own terminal; a check looks at the real state, hints help, solve does the step, reset starts it over.',
      'Progress survives a restart. Several people can work on one machine. Ctrl-C ends the workbook.',
    ],
    exits: failureExits,
    environment: [runsVariable, cacheVariable, ...outputVariables],
    examples: [
      { does: 'Alone', type: 'npx lab workshop --open' },
      { does: 'The lesson in a kit', type: 'npx lab workshop --lessons blog/lesson' },
      { does: 'In a class', type: 'npx lab workshop --class /srv/class --name ada' },
      { does: 'For the instructor', type: 'npx lab workshop --instructor --class /srv/class' },
    ],
    see: ['docs/workshop.md', 'docs/scenarios/', 'npx lab run'],
  });
}
