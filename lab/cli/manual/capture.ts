import type { Command } from 'commander';
import { captureChoices, captureTargetChoices, snapshotChoices } from '../../choices.js';
import { outputVariables, plainExits, runsVariable, sshVariables } from './common.js';
import { describe, oneOf } from './page.js';

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one option after the other, as the help prints them
export function defineCapture(program: Command): Command {
  const command = program
    .command('capture')
    .description('the core and executable of any running Go process, or of the server of a run')
    .optionsGroup('Any process')
    .option('--pid <pid>', 'a Go process on this machine, or on the target; in a container, as seen in there')
    .addOption(
      oneOf(
        '--target <where>',
        'local, vagrant, ssh://user@host:port, docker://NAME, podman://NAME or kubectl://[CONTEXT/]NAMESPACE/POD[/CONTAINER]',
        captureTargetChoices,
      ),
    )
    .addOption(
      oneOf('--capture <method>', 'how the core is taken: %s; kernel ends the process', captureChoices),
    )
    .addOption(oneOf('--snapshot <way>', 'how the helper copies the memory: %s', snapshotChoices))
    .option('--max-pause <seconds>', 'for how long the helper may stop the process; 10 by default')
    .option('--slim', 'without data of the service: only what the analysis and Delve read')
    .option('-o, --output <dir>', 'folder for the bundle; ./capture-PID or ./capture-NAME by default')
    .option(
      '--debug-image <image>',
      'with a shell, for the debug container of a pod; busybox:stable by default',
    )
    .option('--looks <n>', 'take so many cores, one after the other; 1 by default')
    .option('--every <seconds>', 'how long the process runs between two of them; 5 by default')
    .optionsGroup('Of a run')
    .option('--run <run>', 'folder of the run to continue; the newest by default');
  return describe(command, {
    synopsis: [
      'capture --pid PID [-o DIR] [--target WHERE] [--capture METHOD]',
      'capture --pid PID --slim [-o DIR]',
      'capture --pid PID --looks N [--every SECONDS] [-o DIR]',
      'capture --target docker://NAME [--pid PID] [-o DIR]',
      'capture [--run DIR]',
    ],
    description: [
      'Takes the core of a running process and copies its executable next to it, each with its hash. The lab’s own helper does it: it copies the memory while the process runs, stops it for some milliseconds to copy what has changed, and lets it go on whatever happens to the helper. gdb, with --capture gcore, stops it while all is written.',
      '--snapshot read stops the process while all is copied, and does nothing else to it; fork makes it fork and copies the child, for where memory is short or the copy goes over a network.',
      'With --capture kernel no debugger is needed, but the process ends: it is sent SIGQUIT, prints its goroutines on its stderr, and the kernel writes the core. It must have been started with GOTRACEBACK=crash, and kernel.core_pattern must name a file; what is missing is reported before anything is done to the process.',
      'With --looks several cores are taken of one process, which runs on between, for `lab compare`: it tells slow from stuck. There must be room for all of them before the first; after Ctrl-C those that are whole stay.',
      'A container needs no --pid where one Go process runs in it; of several, the lab prints which. Nothing is needed in its image, neither shell nor libc: docs/containers.md tells what is brought there and what stays.',
      'A core contains the memory of a process, secrets included: only the owner can enter the folder.',
      'With --slim it does not, as far as can be told: the helper leaves text and all else that may be data out of what it writes or sends, where the process runs; then the lab, on this machine, keeps of it what the analysis and Delve read, and removes the rest. Of a stripped program the second step is left out. With --capture gcore, delve or kernel there is the second step alone: the whole core is written first, comes to this machine and is removed there. docs/kit.md tells what stays.',
    ],
    exits: plainExits,
    files: [
      ['core.PID', 'the core, mode 0600, with holes where memory is zero'],
      ['core.PID.1', 'the first of several looks, and so on'],
      ['bundle.json', 'what was taken: hashes, build ID, Go version; of --slim, what was kept and left out'],
    ],
    environment: [runsVariable, ...sshVariables, ...outputVariables],
    examples: [
      { does: 'A process of this machine', type: 'npx lab capture --pid 1628 -o /tmp/hung' },
      {
        does: 'On another machine',
        type: 'npx lab capture --pid 1628 --target ssh://me@server-7 -o /tmp/hung',
      },
      {
        does: 'Out of a container of docker, and out of a pod',
        type: 'npx lab capture --target docker://shop -o /tmp/hung',
      },
      { type: 'npx lab capture --target kubectl://prod/shop-7d9c/web -o /tmp/hung' },
      {
        does: 'Without a debugger; the process ends',
        type: 'npx lab capture --pid 1628 --capture kernel -o /tmp/hung',
      },
      {
        does: 'Three cores, ten seconds apart, and the command that compares them',
        type: 'npx lab capture --pid 1628 --looks 3 --every 10s -o /tmp/hung',
      },
      {
        does: 'Without the data of the service, to be sent to somebody',
        type: 'npx lab capture --pid 1628 --slim -o /tmp/hung',
      },
      { does: 'What it hangs on', type: 'npx lab analyze --exe /tmp/hung/server --core /tmp/hung/core.1628' },
    ],
    see: [
      'docs/your-own-core.md',
      'docs/containers.md',
      'docs/kit.md',
      'docs/troubleshooting.md',
      'npx lab analyze',
      'npx lab compare',
    ],
  });
}
