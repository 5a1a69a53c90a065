import type { Command } from 'commander';
import { cacheVariable, outputVariables, plainExits } from './common.js';
import { describe } from './page.js';

export function defineMcp(program: Command): Command {
  const command = program
    .command('mcp')
    .argument('<dir...>', 'folders in which files may be read')
    .description('a server of the Model Context Protocol on stdin and stdout')
    .optionsGroup('Sources')
    .option('--sources', 'sources may be read too, wherever a program says that they lie');
  return describe(command, {
    description: [
      'Offers the tools analyze, explain, goroutines and compare to a client of the Model Context Protocol, which starts it by this very command and ends it by closing its stdin.',
      'It reads cores, executables and dumps that lie in these folders, and no others; links that lead out of them are refused. Without --sources a diagnosis rests on what cores and dumps say.',
    ],
    exits: plainExits,
    environment: [cacheVariable, ...outputVariables],
    examples: [{ does: 'As a client is told to start it', type: 'npx lab mcp /var/crash' }],
    see: ['docs/library.md', 'npx lab analyze', 'npx lab compare'],
  });
}
