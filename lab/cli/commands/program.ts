import type { Command } from 'commander';
import { textWidth } from '../../report/wrap.js';
import { cacheVariable, outputVariables, runsVariable, verdictExits } from '../manual/common.js';
import { layoutFor } from '../manual/format.js';
import { modules } from './index.js';

/** Gives the program its help: the commands by what they are for. */
export function programManual(program: Command): Command {
  return program.configureHelp({ formatHelp: (_, helper) => programText(program, helper.helpWidth) });
}

function programText(program: Command, columns = textWidth): string {
  const { heading, prose, entries } = layoutFor(columns);
  const groups = [...new Set(modules.map(({ group }) => group))];
  return [
    ...heading('Name'),
    ...prose(`lab - ${program.description()}`),
    ...heading('Synopsis'),
    '  npx lab COMMAND [options]',
    '  npx lab COMMAND --help',
    '  npx lab --version',
    ...groups.flatMap((group) => [
      ...heading(group),
      ...entries(
        modules.filter((one) => one.group === group).flatMap(({ purposes }) => Object.entries(purposes)),
      ),
    ]),
    ...heading('Every command takes'),
    ...entries([
      ['--json', 'print one JSON document on stdout, everything else on stderr'],
      ['--quiet', 'print nothing while working'],
      ['-h, --help', 'its own page'],
    ]),
    ...heading('Exit codes'),
    ...entries(verdictExits),
    ...heading('Environment'),
    ...entries([runsVariable, cacheVariable, ...outputVariables]),
    ...heading('Examples'),
    ...prose('The whole experiment, including set-up:'),
    '    $ npm run lab',
    ...prose('Diagnose your own core:'),
    '    $ npx lab analyze --exe ./server --core ./core.1628',
    ...heading('See also'),
    ...prose('README.md, docs/runs.md, docs/your-own-core.md, docs/terminal.md, docs/troubleshooting.md'),
    '',
  ].join('\n');
}
