import type { Command } from 'commander';
import {
  balancerChoices,
  captureChoices,
  delvePlaces,
  flavours,
  healthCheckChoices,
  hostChoices,
  loadDrivers,
  protocolChoices,
  targetChoices,
} from '../../choices.js';
import { cacheVariable, outputVariables, runsVariable, sshVariables, verdictExits } from './common.js';
import { describe, oneOf } from './page.js';

export function defineRun(program: Command): Command {
  const command = program
    .command('run')
    .argument('[scenario]', 'a name from `npx lab scenarios`', 'blog')
    .description('the whole experiment: exit 0 as expected, 1 different, 2 inconclusive');
  runOptions(command)
    .optionsGroup('Of fleet and warehouses, behind a load balancer')
    .option('--instances <n>', 'how many instances (3; 2 of warehouses)')
    .addOption(oneOf('--balancer <name>', 'what spreads the requests: %s', balancerChoices))
    .addOption(
      oneOf('--health-check <kind>', 'what takes an instance out of service: %s (http)', healthCheckChoices),
    )
    .addOption(
      oneOf('--hosts <kind>', 'where the instances live: %s (ports; namespaces need root)', hostChoices),
    )
    .option('--recover', 'restart the hung instances, one after the other, while the rest serves')
    .optionsGroup('Where it runs')
    .option('--keep-vm', 'with vagrant: keep the VM for the next command; npx lab clean ends it')
    .optionsGroup('How long, how often')
    .option('--repeat <n>', 'how many times to run it; the worst result counts', '1');
  return describe(command, {
    description: [
      "Builds the scenario's server, starts it, drives it as the scenario says until its fault shows, observes it from outside, takes its core, ends it, and only then analyses the core. It ends with the first screen of the diagnosis, and whether that is what the scenario expects.",
      'Every stage is saved in the folder of the run before the next begins. Ctrl-C ends everything that was started and prints the folder of what was saved.',
    ],
    exits: verdictExits,
    files: [
      ['run.json', 'configuration, versions, each stage with its result'],
      ['transcript.md', 'every command as a person would type it, with its output'],
      ['core.PID, server', 'the core and its executable; a core contains the memory of a process'],
      ['diagnosis.json', 'the diagnosis'],
      ['report.html, report.md', 'the report for people'],
      ['fleet.json, fleet.jsonl, i1/, i2/ ...', 'of a fleet: what came out, each look at it, each instance'],
    ],
    environment: [runsVariable, cacheVariable, ...sshVariables, ...outputVariables],
    examples: [
      { does: "The article's server", type: 'npx lab run' },
      { does: 'Its repaired twin, which must not hang', type: 'npx lab run blog --fixed' },
      { does: 'As the article built it, on any free port', type: 'npx lab run --build noinline --port 0' },
      { does: 'Another scenario, twenty times', type: 'npx lab run catalog --repeat 20' },
      {
        does: 'Three instances behind HAProxy, which hang one after the other',
        type: 'npx lab run fleet',
      },
      { does: 'Two instances that wait for each other', type: 'npx lab run warehouses --recover' },
      { does: 'On another machine', type: 'npx lab run --target ssh://me@server-7' },
      {
        does: 'Instances on two other machines, behind a balancer on this one',
        type: 'npx lab run fleet --target ssh://me@server-7,ssh://me@server-8',
      },
      { does: 'In a VM, as the article did', type: 'npx lab run --target vagrant' },
    ],
    see: [
      'docs/runs.md',
      'docs/fleet.md',
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
    .option('--fixed', 'run the repaired twin; it must not hang')
    .addOption(
      oneOf('--build <flavour>', 'how the server is compiled: %s; the article used noinline', flavours),
    )
    .option('--size <n>', 'for stampede: how many handlers are to get stuck')
    .addOption(oneOf('--protocol <name>', 'for stampede: %s (needs Go 1.24 or newer)', protocolChoices))
    .optionsGroup('Where it runs')
    .addOption(oneOf('--target <where>', 'local, vagrant or ssh://user@host:port', targetChoices))
    .option('--offline-box', "with vagrant: use a box made from this machine's own packages")
    .option('--port <n>', 'port of the server; 0 picks a free one')
    .option('--pprof-port <n>', "port of the server's pprof; 0 picks a free one")
    .optionsGroup('With which tools')
    .addOption(oneOf('--load <driver>', 'load generator: %s', loadDrivers))
    .addOption(
      oneOf('--capture <method>', 'how the core is taken: %s; kernel ends the server', captureChoices),
    )
    .addOption(
      oneOf(
        '--delve <where>',
        'where Delve reads the core: %s (the target, when this machine has no Delve)',
        delvePlaces,
      ),
    )
    .optionsGroup('How long, how often')
    .option('--probe-timeout <seconds>', 'a probe without an answer for so long counts as unanswered')
    .option('--load-timeout <seconds>', 'end the load after so long without a hang')
    .option('--stage-timeout <seconds>', 'give up a stage after so long');
}
