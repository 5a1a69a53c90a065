import type { Command } from 'commander';
import { cacheVariable, failureExits, outputVariables } from './common.js';
import { collect, describe } from './page.js';

export function defineTriage(program: Command): Command {
  const command = program
    .command('triage')
    .argument(
      '[dir]',
      'a folder of cores, dumps, runs and folders of `lab watch`; - for a list of files on stdin',
    )
    .description('sort many cores and dumps by root cause')
    .optionsGroup('What is read')
    .option(
      '--exe <file>',
      'the executable of the cores, or a folder to look for it in; the folder itself by default',
    )
    .option('--source <dir>', 'look at every dump with the sources in this folder, not only at an example')
    .option('--source-map <from=to>', 'where sources are now; may be repeated', collect, [])
    .option('--no-source', 'use no sources at all')
    .optionsGroup('How')
    .option('--jobs <n>', 'inputs at a time; by default one for each processor')
    .option('--time-limit <seconds>', 'give up an input after so long; 120 by default')
    .option('--state <dir>', 'folder for what is known so far; in the cache by default')
    .option('--fresh', 'look at everything again')
    .optionsGroup('Several machines')
    .option('--shard <i/n>', 'do one of N parts, for example 2/4; print it with --json')
    .option('--merge <file...>', 'put all parts together, as --json printed them')
    .optionsGroup('Output')
    .option('--known <file>', 'lines of a fingerprint and its ticket: such causes are known')
    .option('--html <file>', 'write the groups as a page')
    .option('--junit <file>', 'write the groups as JUnit XML');
  return describe(command, {
    synopsis: ['triage DIR|- [--exe FILE]', 'triage [DIR] --merge FILE...'],
    description: [
      'Diagnoses every core and dump in a process of its own, and groups them by the fingerprint of their root cause: the same rule, functions and objects, whatever the build. What has no cause yet is grouped by where its goroutines are blocked.',
      'Sources tell what a dump alone cannot, and take their time: of dumps that are blocked at the same places one is looked at with its sources, where its paths or --source-map lead to them, and its cause is taken for that of all.',
      'Files without goroutines are counted and left out. What was killed goes on where it was when the same command is typed again.',
    ],
    exits: [
      ['0', 'nothing hangs'],
      ['1', 'a deadlock is among them that --known does not name'],
      ['2', 'something hangs, or could not be read, and no deadlock was shown'],
      ...failureExits,
    ],
    environment: [cacheVariable, ...outputVariables],
    examples: [
      { does: 'A folder of dumps', type: 'npx lab triage dumps/' },
      { does: 'What was found by other means', type: "find . -name 'goroutines-*.txt' | npx lab triage -" },
      {
        does: 'In two parts, on two machines',
        type: 'npx lab triage dumps/ --shard 1/2 --json > part-1.json',
      },
      { type: 'npx lab triage dumps/ --merge part-*.json --html triage.html' },
    ],
    see: ['docs/triage.md', 'npx lab analyze', 'npx lab watch'],
  });
}
