import type { Command } from 'commander';
import {
  captureChoices,
  delvePlaces,
  flavours,
  loadDrivers,
  protocolChoices,
  targetChoices,
} from '../../choices.js';
import { cacheVariable, outputVariables, runsVariable, sshVariables, verdictExits } from './common.js';
import { describe, oneOf } from './page.js';

export function defineRun(program: Command): Command {
  const command = program
    .command('run')
    .argument('[scenario]', 'a name of `npx lab scenarios`', 'blog')
    .description('the whole experiment: exit 0 as expected, 1 different, 2 inconclusive');
  runOptions(command)
    .optionsGroup('Where it runs')
    .option('--keep-vm', 'of vagrant: the VM stays for the next command; npx lab clean ends it')
    .optionsGroup('How long, how often')
    .option('--repeat <n>', 'run it so often; the worst verdict counts', '1');
  return describe(command, {
    description: [
      "Builds the scenario's server, starts it, does to it what the scenario says until its fault shows, looks at it from outside, takes its core, ends it, and only then analyses the core. It ends with the first screen of the diagnosis, and whether that is what the scenario expects.",
      'Every stage is saved in the folder of the run before the next begins. Ctrl-C ends what was started and says where what was saved lies.',
    ],
    exits: verdictExits,
    files: [
      ['run.json', 'configuration, versions, each stage with its result'],
      ['transcript.md', 'every command as a person would type it, with its output'],
      ['core.PID, server', 'the core and its executable; they hold the memory of a process'],
      ['diagnosis.json', 'the diagnosis'],
      ['report.html, report.md', 'all of it for people'],
    ],
    environment: [runsVariable, cacheVariable, ...sshVariables, ...outputVariables],
    examples: [
      { does: "The article's server", type: 'npx lab run' },
      { does: 'Its repaired twin, where nothing may hang', type: 'npx lab run blog --fixed' },
      { does: 'The build of the article, on any free port', type: 'npx lab run --build noinline --port 0' },
      { does: 'Another story, twenty times', type: 'npx lab run catalog --repeat 20' },
      { does: 'On another machine', type: 'npx lab run --target ssh://me@server-7' },
      { does: 'In a VM, as the article did', type: 'npx lab run --target vagrant' },
    ],
    see: [
      'docs/runs.md',
      'docs/remote.md',
      'docs/vm.md',
      'docs/scenarios/',
      'docs/troubleshooting.md',
      'npx lab scenarios',
    ],
  });
}

/** The options that decide what a run does, shared with the commands of single stages. */
export function runOptions(command: Command): Command {
  return command
    .optionsGroup('What is run')
    .option('--fixed', 'run the repaired twin; nothing may hang then')
    .addOption(oneOf('--build <flavour>', 'as the compiler is asked: %s; the article had noinline', flavours))
    .option('--size <n>', 'of stampede: handlers that shall be stuck')
    .addOption(oneOf('--protocol <name>', 'of stampede: %s (of Go 1.24 or newer)', protocolChoices))
    .optionsGroup('Where it runs')
    .addOption(oneOf('--target <where>', 'local, vagrant or ssh://user@host:port', targetChoices))
    .option('--offline-box', "of vagrant: with a box made of this machine's own packages")
    .option('--port <n>', 'of the server; 0: any free one')
    .option('--pprof-port <n>', "of the server's pprof; 0: any free one")
    .optionsGroup('With which tools')
    .addOption(oneOf('--load <driver>', 'what makes the load: %s', loadDrivers))
    .addOption(
      oneOf('--capture <method>', 'what takes the core: %s; the kernel ends the server', captureChoices),
    )
    .addOption(
      oneOf(
        '--delve <where>',
        'where Delve reads the core: %s (on the target, for a machine without it)',
        delvePlaces,
      ),
    )
    .optionsGroup('How long, how often')
    .option('--probe-timeout <seconds>', 'after which a probe counts as not answered')
    .option('--load-timeout <seconds>', 'after which the load ends without a hang')
    .option('--stage-timeout <seconds>', 'after which a stage that is not done is given up');
}
