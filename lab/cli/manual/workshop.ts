import type { Command } from 'commander';
import { cacheVariable, failureExits, outputVariables, runsVariable } from './common.js';
import { describe } from './page.js';

export function defineWorkshop(program: Command): Command {
  const command = program
    .command('workshop')
    .description('a workbook in the browser: what the article does, and other hangs, step by step')
    .optionsGroup('The workbook')
    .option('--lesson <name>', 'only this lesson')
    .option('--lessons <dir>', 'not those of the project: a folder of lessons, or one lesson, as of a kit')
    .option('--name <name>', "the participant's name; the user's unless named")
    .option('--dir <dir>', 'where progress is kept, a folder for each participant')
    .option('--port <n>', 'of the workbook; any free one unless named')
    .option('--open', 'open the page in the browser')
    .optionsGroup('A class')
    .option('--class <dir>', 'a folder that the class shares: how far everybody is')
    .option('--instructor', 'show the class of --class, and its time plan');
  return describe(command, {
    description: [
      'Serves a workbook on the loopback interface of this machine, to whoever has the link that it prints. Each step says what to reach and what to type in a terminal of your own; a check looks at the real state, hints nudge, solve does it, reset begins again.',
      'Progress is kept and goes on after a restart. Two people on one machine do not disturb each other. Ctrl-C ends the workbook.',
    ],
    exits: failureExits,
    environment: [runsVariable, cacheVariable, ...outputVariables],
    examples: [
      { does: 'Alone', type: 'npx lab workshop --open' },
      { does: 'The lesson of a kit', type: 'npx lab workshop --lessons blog/lesson' },
      { does: 'In a class', type: 'npx lab workshop --class /srv/class --name ada' },
      { does: 'For its teacher', type: 'npx lab workshop --instructor --class /srv/class' },
    ],
    see: ['docs/workshop.md', 'docs/scenarios/', 'npx lab run'],
  });
}
