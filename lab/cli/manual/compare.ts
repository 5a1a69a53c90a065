import { Argument, type Command } from 'commander';
import { cacheVariable, failureExits, outputVariables } from './common.js';
import { collect, describe } from './page.js';

export function defineCompare(program: Command): Command {
  const command = program
    .command('compare')
    .description('several looks at one process: who stood still, and what grew; or instances side by side')
    .addArgument(
      new Argument(
        '<file...>',
        'goroutine dumps and cores, in any order; cores compressed or in an archive too, or coredumpctl:PID',
      ),
    )
    .optionsGroup('What is analysed')
    .option('--exe <file>', 'the executable of the process, or a folder to look for it in')
    .optionsGroup('Sources')
    .option('--source <dir>', 'the folder with the sources of a dump, where its paths do not lead to them')
    .option('--source-map <from=to>', 'where sources are now; may be repeated', collect, [])
    .option('--no-source', 'use no sources at all')
    .optionsGroup('Output')
    .option(
      '--html <file>',
      'write the comparison as a page, and the report of each look into a folder beside it',
    );
  return describe(command, {
    synopsis: ['compare FILE FILE... [--exe FILE] [--source DIR]'],
    description: [
      'Diagnoses every look, and compares them in the order in which they were taken: which goroutines stand where they stood, with the same stack, and did not run between; which groups grew; where to look first.',
      'Cores may be compressed or in an archive, and their executable be found, as for `lab analyze`; what is unpacked is gone before the next one is.',
      'Of cores of several instances, one of each, it tells where the goroutines of each are; what they have in common, and whether they wait for each other, `lab analyze` tells of the same cores.',
      'Time is evidence and no proof: it tells slow from stuck. A file with several dumps counts as several looks.',
    ],
    exits: [
      ['0', 'nothing is suspected'],
      ['1', 'a look shows a deadlock by itself'],
      ['2', 'goroutines are suspected'],
      ...failureExits,
    ],
    environment: [cacheVariable, ...outputVariables],
    examples: [
      { does: 'Two dumps, ten seconds apart', type: 'npx lab compare first.txt second.txt' },
      {
        does: 'Three cores that `lab capture --looks 3` took',
        type: 'npx lab compare hung/core.1628.1 hung/core.1628.2 hung/core.1628.3 --exe hung/server',
      },
      {
        does: 'Instances of one service side by side, a core of each',
        type: 'npx lab compare core.1628 core.1702 --exe /srv/builds',
      },
      { does: 'For colleagues', type: 'npx lab compare first.txt second.txt --html compare.html' },
    ],
    see: ['docs/compare.md', 'npx lab analyze', 'npx lab capture'],
  });
}
