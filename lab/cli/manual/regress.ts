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
    .option('--go <versions>', 'Go versions, separated by commas: 1.23 or 1.23.12')
    .option('--dlv <versions>', 'Delve versions; by default a compatible one for each Go')
    .option('--cores <dir>', 'analyse the bundles that --keep left there; run nothing')
    .option('--resume [dir]', 'continue an interrupted regression; the newest by default')
    .optionsGroup('How')
    .option('--jobs <n>', 'cells at a time; by default one for each processor')
    .option('--time-limit <seconds>', 'end a cell after so long, as inconclusive; 120 by default')
    .optionsGroup('Several machines')
    .option('--shard <i/n>', 'run one of N parts of the cells, for example 2/4')
    .option('--merge <file...>', 'put all parts together, as --json or results.json has them; run nothing')
    .optionsGroup('What is kept')
    .option('--keep <dir>', 'keep every bundle in this folder')
    .option('--html <file>', 'write the results as a page')
    .option('--junit <file>', 'write the results as JUnit XML')
    .option('--baseline <file>', 'fail only on cells that were as expected in this file')
    .option('--save-baseline <file>', 'write the verdicts for a later --baseline');
  return describe(command, {
    description: [
      'Runs every scenario, faulty and repaired, with the versions of Go and Delve that are named, and compares each diagnosis with what its manifest expects. Missing versions are fetched and verified.',
    ],
    exits: verdictExits,
    files: [
      ['results.json', 'every cell, as it ends; --resume continues from there'],
      ['results.html, results.md, junit.xml', 'the matrix for people and for machines'],
    ],
    environment: [runsVariable, cacheVariable, ...outputVariables],
    examples: [
      { does: "All of them, with this machine's Go", type: 'npx lab regress' },
      {
        does: 'Some of them on three Gos',
        type: "npx lab regress --only 'c*' --go 1.19,1.23,1.26 --junit report.xml",
      },
      { does: 'In two parts, on two machines', type: 'npx lab regress --shard 1/2 --json > part-1.json' },
      { type: 'npx lab regress --merge part-1.json part-2.json --junit report.xml' },
      {
        does: 'Run once, analysed again after each change of the analysis',
        type: 'npx lab regress --keep bundles && npx lab regress --cores bundles',
      },
    ],
    see: ['docs/regress.md', 'CONTRIBUTING.md'],
  });
}
