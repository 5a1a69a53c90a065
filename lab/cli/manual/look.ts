import type { Command } from 'commander';
import { failureExits, outputVariables, plainExits, runsVariable } from './common.js';
import { describe } from './page.js';

export function defineScenarios(program: Command): Command {
  return describe(program.command('scenarios').description('the catalogue of hangs'), {
    description: [
      'Lists every scenario with its class, its subtype and what happens in it. Each has a repaired twin and a page in docs/scenarios.',
    ],
    exits: plainExits,
    environment: outputVariables,
    examples: [
      { does: 'For people', type: 'npx lab scenarios' },
      { does: 'An array for machines', type: 'npx lab scenarios --json' },
    ],
    see: ['docs/scenarios/', 'npx lab run'],
  });
}

export function defineRuns(program: Command): Command {
  return describe(program.command('runs').description('stored runs with their results'), {
    description: [
      'Lists the folders of stored runs, oldest first, each with its result, or with the stage that it reached.',
    ],
    exits: plainExits,
    environment: [runsVariable, ...outputVariables],
    examples: [
      { does: 'A table', type: 'npx lab runs' },
      { does: "The newest one's folder", type: "npx lab runs --json | jq -r '.[-1].dir'" },
    ],
    see: ['docs/runs.md', 'npx lab report', 'npx lab clean'],
  });
}

export function defineReport(program: Command): Command {
  const command = program
    .command('report')
    .argument('<run>', 'the folder of a run')
    .description('write the reports of a run again, from its folder')
    .optionsGroup('Output')
    .option('--open', 'open the page in the browser');
  return describe(command, {
    description: [
      'Writes the reports from what is stored; nothing is run or analysed again. Prints the path of the page.',
    ],
    exits: plainExits,
    files: [['report.html, report.md', 'the reports, in the folder of the run']],
    environment: [runsVariable, ...outputVariables],
    examples: [{ type: 'npx lab report runs/2026-11-23T042011-blog --open' }],
    see: ['docs/runs.md', 'npx lab runs'],
  });
}

export function defineChecklist(program: Command): Command {
  const command = program
    .command('checklist')
    .argument('<run>', 'the folder of a run of the scenario blog')
    .description('the article, claim by claim, against what a run saw');
  return describe(command, {
    description: [
      'Prints each claim that the article makes, whether it holds in this run, what was seen, and why it differs where it does. Nothing is run or analysed again.',
    ],
    exits: [['0', 'no claim fails'], ['1', 'a claim fails'], ...failureExits],
    environment: [runsVariable, ...outputVariables],
    examples: [{ type: 'npx lab checklist runs/2026-11-23T042011-blog' }],
    see: ['docs/runs.md', 'docs/scenarios/blog.md', 'npx lab run'],
  });
}
