import type { Command } from 'commander';
import { cacheVariable, outputVariables, runsVariable, verdictExits } from './common.js';
import { describe } from './page.js';

export function defineRegress(program: Command): Command {
  const command = program
    .command('regress')
    .description(
      'every scenario, faulty and fixed: exit 0 all as expected, 1 any different, 2 any inconclusive',
    )
    .optionsGroup('What is run')
    .option('--only <glob>', "scenarios by name, for example 'c*' or '{blog,feed}'")
    .option('--go <versions>', 'of Go, separated by commas: 1.23 or 1.23.12')
    .option('--dlv <versions>', 'of Delve; a compatible one for each Go when left out')
    .option('--cores <dir>', 'analyse the bundles of such a folder, and drive nothing')
    .option('--resume [dir]', 'go on with an interrupted regression, the newest unless named')
    .optionsGroup('How')
    .option('--jobs <n>', 'cells at once; as many as there are processors when left out')
    .option('--time-limit <seconds>', 'after which a cell is ended, and is unknown; 120 when left out')
    .optionsGroup('What is kept')
    .option('--keep <dir>', 'keep every bundle there')
    .option('--junit <file>', 'write the results as JUnit XML')
    .option('--baseline <file>', 'fail only on cells that were right in that file')
    .option('--save-baseline <file>', 'write the verdicts for a later --baseline');
  return describe(command, {
    description: [
      'Runs every scenario, as it is and repaired, and holds each diagnosis against what its manifest expects, over the versions of Go and Delve that are named. What is missing of them is fetched and checked.',
    ],
    exits: verdictExits,
    files: [
      ['results.json', 'every cell, as it ends: --resume goes on from there'],
      ['results.md, junit.xml', 'the table for people and for machines'],
    ],
    environment: [runsVariable, cacheVariable, ...outputVariables],
    examples: [
      { does: 'All of them, on the Go of this machine', type: 'npx lab regress' },
      {
        does: 'Some of them on three Gos',
        type: "npx lab regress --only 'c*' --go 1.19,1.23,1.26 --junit report.xml",
      },
      {
        does: 'Kept once, analysed as often as the analysis changes',
        type: 'npx lab regress --keep bundles && npx lab regress --cores bundles',
      },
    ],
    see: ['docs/regress.md', 'CONTRIBUTING.md'],
  });
}
