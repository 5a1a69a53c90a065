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
    .option(
      '--class <n|dir>',
      'a number: one process with a link for each of so many; a folder: the progress of all who name it',
    )
    .option('--names <file>', 'names of the participants, one in a line')
    .option(
      '--bind <address>',
      'where a class in one process meets; 127.0.0.1 by default, anywhere else with --tls',
    )
    .option('--tls', 'HTTPS, with a certificate that signs itself unless there is one')
    .option(
      '--cores-only',
      'lessons as far as a core is enough, which is taken before: for tablets, macOS and Windows',
    )
    .option('--minutes <n>', 'how long the class takes; 120 by default')
    .option('--instructor', 'show the progress of the folder --class, and its time plan');
  return describe(command, {
    description: [
      'Serves a workbook on the loopback interface of this machine; the printed link opens it. Each step has a goal and the commands to type in your own terminal; a check looks at the real state, hints help, solve does the step, reset starts it over.',
      'Progress survives a restart. Several people can work on one machine. Ctrl-C ends the workbook.',
      'With --class and a number one process serves all of them: a link with a token for each, a page for the teacher, and one load and one core at a time. Before it opens, it looks whether disk and memory are enough.',
    ],
    exits: failureExits,
    environment: [runsVariable, cacheVariable, ...outputVariables],
    examples: [
      { does: 'Alone', type: 'npx lab workshop --open' },
      { does: 'The lesson in a kit', type: 'npx lab workshop --lessons blog/lesson' },
      { does: 'A class of 20 in one process', type: 'npx lab workshop --class 20' },
      { does: 'For a room, over its network', type: 'npx lab workshop --class 20 --bind 0.0.0.0 --tls' },
      { does: 'In a class that shares a folder', type: 'npx lab workshop --class /srv/class --name ada' },
      { does: 'For the instructor', type: 'npx lab workshop --instructor --class /srv/class' },
    ],
    see: ['docs/workshop.md', 'docs/scenarios/', 'npx lab run'],
  });
}
