import type { Command } from 'commander';
import { captureChoices, captureTargetChoices, snapshotChoices } from '../../choices.js';
import { analyzeExits, cacheVariable, outputVariables } from './common.js';
import { collect, describe, oneOf } from './page.js';

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one option after the other, as the help prints them
export function defineAnalyze(program: Command): Command {
  const command = program
    .command('analyze')
    .description('diagnose a Go core or a goroutine dump: exit 0 no deadlock, 1 deadlock, 2 undecided')
    .optionsGroup('What is analysed')
    .option('--exe <file>', 'the executable of the process, or a folder to look for it in', collect, [])
    .option(
      '--core <file>',
      'its core file, compressed or in an archive too, or coredumpctl:PID; repeated: of several processes',
      collect,
      [],
    )
    .option('--debug-file <file>', 'debug information of a stripped executable, or a folder to look in')
    .option('--run <run>', 'diagnose a stored run again')
    .option('--dump <file>', 'a goroutine dump in place of a core: a file, - for stdin, or the URL of pprof')
    .option('--leak-profile <file>', "pprof's goroutineleak beside it: a file, - for stdin, or its URL")
    .optionsGroup('A running process')
    .option('--pid <pid>', 'a Go process: captured, diagnosed, and nothing of it kept')
    .addOption(
      oneOf(
        '--target <where>',
        'where it runs: local, ssh://user@host:port or a container',
        captureTargetChoices,
      ),
    )
    .option('--keep <dir>', 'keep its core and executable in this folder')
    .option('--looks <n>', 'look so many times, and tell who has not moved; 1 by default')
    .option('--every <seconds>', 'how long it runs between two looks; 5 by default')
    .addOption(oneOf('--capture <method>', 'how the core is taken: %s', captureChoices))
    .addOption(oneOf('--snapshot <way>', 'how the helper copies the memory: %s', snapshotChoices))
    .option('--max-pause <seconds>', 'for how long the helper may stop the process; 10 by default')
    .optionsGroup('Sources')
    .option('--source-map <from=to>', 'where sources are now; may be repeated', collect, [])
    .option('--go-root <dir>', 'where the sources of the Go standard library are')
    .option('--source <dir>', 'the folder with the sources of a dump, where its paths do not lead to them')
    .option('--no-source', 'use no sources at all')
    .optionsGroup('Output')
    .option('--proof', 'below the answer: each claim, with the Delve commands that show it')
    .option('--verbose', 'below the answer: all stacks and tables')
    .option('--label <key=value>', 'below the answer: stacks of goroutines with this label of runtime/pprof')
    .option('--explain <what>', 'why: G42, S3, R1 or 0xADDR of this core; or a rule, which needs no core')
    .option('--markdown', 'ten lines for an incident channel in place of the screen')
    .option('--svg <file>', 'write the wait-for graph as a picture')
    .option('--pprof <file>', 'write the goroutines by group as a profile for go tool pprof')
    .option('--html <file>', 'write the report as a page')
    .option('--members <file>', 'write which goroutines each group has, as JSON lines');
  return describe(command, {
    synopsis: [
      'analyze [--exe FILE] --core FILE [--debug-file FILE] [--source-map FROM=TO]...',
      'analyze [--exe FILE]... --core FILE --core FILE...',
      'analyze --pid PID [--target WHERE] [--keep DIR] [--looks N [--every SECONDS]]',
      'analyze --dump FILE|-|URL [--source DIR]',
      'analyze ... --leak-profile FILE|-|URL',
      'analyze --run DIR',
      'analyze --explain RULE',
    ],
    description: [
      'Reads every goroutine of a core, follows what each one waits for, and names the deadlock, if there is one, on one screen: what is wrong, where, and what to do. Its evidence, with the Delve commands that show it, and all stacks are behind options.',
      'Core and executable may be compressed (gzip, zstd, xz, lz4) or in a zip or tar file; what is unpacked goes to the cache and is gone afterwards. Without --exe the executable is taken from the archive of the core, or from where the process had it; with a folder it is looked for in there: always by its build ID.',
      'Of several cores, of instances of one program or of several, each root cause is told once, with the processes that show it and what differs between them; and so is a deadlock that goes through them: requests over HTTP of which each can be answered only after the next. Each core takes the executable of its build among those that are named.',
      'Any executable built with Go 1.18 or newer will do. Sources help and are not required: without them, and for a stripped program, memory alone must prove it.',
    ],
    exits: analyzeExits,
    environment: [cacheVariable, ...outputVariables],
    examples: [
      { does: 'A core of any Go program', type: 'npx lab analyze --exe ./server --core ./core.1628' },
      { does: 'A process that runs: it is stopped for milliseconds', type: 'npx lab analyze --pid 1628' },
      {
        does: 'In a container, looked at twice: who has not moved for ten seconds',
        type: 'npx lab analyze --target docker://shop --looks 2 --every 10s',
      },
      {
        does: 'What a handler of core dumps packed, with the executable in a folder of builds',
        type: 'npx lab analyze --exe /srv/builds --core dump.zip',
      },
      {
        does: 'Instances that hang together, of one build or of several',
        type: 'npx lab analyze --exe /srv/builds --core core.1628 --core core.1702',
      },
      {
        does: 'A core that systemd keeps, of a stripped program',
        type: 'npx lab analyze --core coredumpctl:1628 --debug-file ./server.debug',
      },
      {
        does: 'Why, to be checked by hand: each claim with its commands',
        type: 'npx lab analyze --exe ./server --core ./core.1628 --proof',
      },
      {
        does: 'Why goroutine 42 is stuck, and who could end that',
        type: 'npx lab analyze --exe ./server --core ./core.1628 --explain G42',
      },
      { does: 'What a rule finds, with an example', type: 'npx lab analyze --explain leaked-sender' },
      {
        does: 'Its sources are elsewhere now',
        type: 'npx lab analyze --exe ./server --core ./core.1628 --source-map /build/app=.',
      },
      {
        does: 'For machines and colleagues',
        type: 'npx lab analyze --exe ./server --core ./core.1628 --json --html report.html',
      },
      {
        does: 'All goroutines of a group, not only examples',
        type: 'npx lab analyze --exe ./server --core ./core.1628 --members members.jsonl',
      },
      {
        does: 'Only what works for one tenant, where the program sets labels (pprof.Do)',
        type: 'npx lab analyze --exe ./server --core ./core.1628 --label tenant=acme',
      },
      {
        does: 'For the incident channel',
        type: 'npx lab analyze --exe ./server --core ./core.1628 --markdown --svg graph.svg',
      },
      {
        does: "What the runtime's own leak detection saw, what it could not see, and why",
        type: 'npx lab analyze --exe ./server --core ./core.1628 --leak-profile leaks.txt',
      },
      { does: 'A stored run again', type: 'npx lab analyze --run runs/2026-11-23T042011-blog' },
    ],
    see: [
      'docs/your-own-core.md',
      'docs/diagnosis.md',
      'docs/evidence.md',
      'docs/several.md',
      'npx lab capture',
    ],
  });
}
