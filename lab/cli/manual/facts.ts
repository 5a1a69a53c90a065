import type { Command } from 'commander';
import { cacheVariable, outputVariables, plainExits } from './common.js';
import { collect, describe } from './page.js';

export function defineFacts(program: Command): Command {
  const command = program
    .command('facts')
    .description('what the sources of a Go program say of a function, an object or a place')
    .optionsGroup('What is asked')
    .requiredOption('--exe <file>', 'the executable; its debug info says where the sources lie')
    .option('--function <name>', 'one function, as the linker names it')
    .option('--object <name>', 'one channel, lock, wait group or the like: a variable or a field')
    .option('--at <file:line>', 'what stands at a place')
    .optionsGroup('Sources')
    .option('--source-map <from=to>', 'where sources lie now; may be repeated', collect, [])
    .option('--go-root <dir>', 'where the sources of the Go standard library lie');
  return describe(command, {
    synopsis: [
      'facts --exe FILE [--function NAME | --object NAME | --at FILE:LINE]',
      'facts --exe FILE [--source-map FROM=TO]... [--go-root DIR]',
    ],
    description: [
      'Reads the sources of a program with the type checker of Go itself and tells what the analysis of a core has from them: which operations there are on channels and locks, on what, and who calls whom. No core is needed.',
      'What reads them is built once, by a Go at least as new as the program’s; one that is missing is fetched through the module proxy.',
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
