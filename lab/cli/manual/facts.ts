import type { Command } from 'commander';
import { cacheVariable, outputVariables, plainExits } from './common.js';
import { collect, describe } from './page.js';

export function defineFacts(program: Command): Command {
  const command = program
    .command('facts')
    .description('what the sources of a Go program say about a function, an object or a place')
    .optionsGroup('What is asked')
    .requiredOption('--exe <file>', 'the executable; its debug info says where the sources are')
    .option('--function <name>', 'one function, as the linker names it')
    .option('--object <name>', 'one channel, lock, wait group or the like: a variable or a field')
    .option('--at <file:line>', 'the operations at a place')
    .optionsGroup('Sources')
    .option('--source-map <from=to>', 'where sources are now; may be repeated', collect, [])
    .option('--go-root <dir>', 'where the sources of the Go standard library are');
  return describe(command, {
    synopsis: [
      'facts --exe FILE [--function NAME | --object NAME | --at FILE:LINE]',
      'facts --exe FILE [--source-map FROM=TO]... [--go-root DIR]',
    ],
    description: [
      "Reads the sources of a program with Go's own type checker and prints what the analysis of a core learns from them: the operations on channels and locks, their objects, and who calls whom. No core is needed.",
      'The helper that reads them is built once, with a Go at least as new as the program’s; a missing Go is fetched through the module proxy.',
    ],
    exits: plainExits,
    environment: [cacheVariable, ...outputVariables],
    examples: [
      { does: 'The program as a whole', type: 'npx lab facts --exe ./server' },
      { does: 'One function', type: "npx lab facts --exe ./server --function 'main.(*Hub).Run'" },
      { does: 'One lock', type: 'npx lab facts --exe ./server --object main.Hub.mu' },
      {
        does: 'One place, for machines',
        type: 'npx lab facts --exe ./server --at hub.go:42 --json',
      },
    ],
    see: ['docs/facts.md', 'docs/your-own-core.md', 'npx lab analyze'],
  });
}
