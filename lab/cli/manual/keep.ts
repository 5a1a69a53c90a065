import type { Command } from 'commander';
import { targetChoices } from '../../choices.js';
import {
  cacheVariable,
  failureExits,
  outputVariables,
  plainExits,
  runsVariable,
  sshVariables,
} from './common.js';
import { describe, oneOf } from './page.js';

export const shells = ['bash', 'zsh', 'fish'] as const;
export type Shell = (typeof shells)[number];

export function defineDoctor(program: Command): Command {
  const command = program
    .command('doctor')
    .description('every tool, version and permission that the lab needs, and how to fix what is missing')
    .optionsGroup('Which machine')
    .addOption(oneOf('--target <where>', 'local, vagrant or ssh://user@host:port', targetChoices));
  return describe(command, {
    description: [
      'Checks tools, their versions, permissions, limits, ports and disk space. It changes nothing: below each missing thing is the command that fixes it.',
    ],
    exits: [['0', 'ready to run'], ...failureExits],
    environment: [runsVariable, cacheVariable, ...sshVariables, ...outputVariables],
    examples: [
      { does: 'This machine', type: 'npx lab doctor' },
      { does: 'Another one', type: 'npx lab doctor --target ssh://me@server-7' },
    ],
    see: ['docs/troubleshooting.md'],
  });
}

export function defineClean(program: Command): Command {
  const command = program
    .command('clean')
    .description('remove stored runs, and what they and killed commands left behind; asks first')
    .optionsGroup('How')
    .option('--yes', 'do not ask')
    .optionsGroup('What watches keep')
    .option('--watch [dir]', 'remove only what is old of the hangs that `lab watch` caught')
    .option('--cores-after <days>', 'age at which cores and executables go; 7 by default')
    .option('--diagnoses-after <days>', 'age at which all else goes; 90 by default');
  return describe(command, {
    description: [
      'Removes the folders of all runs and regressions with their cores. A server that a run left behind is ended first, when it is still the process that the run started.',
      'Cores and executables that a command unpacked into the cache, and that are still there because it was killed, are removed as well.',
      'What `lab watch` has caught stays, unless --watch is given: then nothing else is removed, cores go first, and a diagnosis is kept for longer than the core beside it. The folder of all watches is meant when none is named.',
      'A VM that `--keep-vm` or a single stage left in a libvirt of the lab’s own is ended, too; a VM of another hypervisor is only listed.',
    ],
    exits: plainExits,
    environment: [runsVariable, cacheVariable, ...sshVariables, ...outputVariables],
    examples: [
      { does: 'Asking first', type: 'npx lab clean' },
      { does: 'Without asking', type: 'npx lab clean --yes' },
      {
        does: 'Cores of hangs that are older than a day',
        type: 'npx lab clean --watch --cores-after 1 --yes',
      },
    ],
    see: ['docs/runs.md', 'docs/watch.md', 'npx lab runs'],
  });
}

export function defineCompletion(program: Command): Command {
  const command = program
    .command('completion')
    .argument('<shell>', shells.join(', '))
    .description('the script that makes a shell complete `lab` and `npx lab`');
  const [argument] = command.registeredArguments;
  if (argument !== undefined) argument.argChoices = [...shells];
  return describe(command, {
    description: [
      'Completes commands, options, their values, scenarios, folders of runs, and files where files are wanted. The script asks the lab at each key press, so it is always up to date; write it again only when the project moves.',
      'Write it to a file once, and have the shell read that file when it starts, as the examples show.',
    ],
    exits: plainExits,
    environment: [runsVariable],
    examples: [
      { does: 'bash', type: 'npx lab completion bash > ~/.lab-completion.bash' },
      { type: "echo '. ~/.lab-completion.bash' >> ~/.bashrc" },
      { does: 'zsh', type: 'npx lab completion zsh > ~/.lab-completion.zsh' },
      { type: "echo '. ~/.lab-completion.zsh' >> ~/.zshrc" },
      { does: 'fish', type: 'npx lab completion fish > ~/.config/fish/conf.d/lab.fish' },
    ],
    see: ['docs/terminal.md'],
  });
}
