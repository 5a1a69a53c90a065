import type { Command } from 'commander';
import { cacheVariable, failureExits, outputVariables, runsVariable } from './common.js';
import { describe } from './page.js';

export function defineWatch(program: Command): Command {
  const command = program
    .command('watch')
    .description('watch a service, and take and diagnose a core when it hangs')
    .optionsGroup('Which service')
    .option('--pid <pid>', 'a Go process on this machine; the watch ends with it')
    .option('--unit <name>', 'a unit of systemd')
    .option('--container <name>', 'a container of Docker, or podman://NAME')
    .option('--pod <selector>', 'a pod on this node, by its labels: NAMESPACE/app=shop')
    .optionsGroup('How a hang shows')
    .option('--probe <url>', 'a page that answers as long as the service does')
    .option('--probe-timeout <seconds>', 'how long a probe waits for a byte; 2 by default')
    .option('--every <seconds>', 'time between two probes; 1 by default')
    .option('--metrics <url>', "the service's page of counters")
    .option('--progress <regex>', 'the counter of finished work on that page; of several the sum')
    .option('--goroutines <url>', "pprof's goroutine page: for their number, and for light looks")
    .optionsGroup('What is done then')
    .option('--then <what>', 'restart, leave (by default), or a command')
    .option('--notify <where>', 'one line to a command, or as JSON to an http address')
    .option('--once', 'end after the first hang')
    .optionsGroup('Bounds')
    .option('--captures-per-day <n>', 'no more cores than that; 4 by default')
    .option('--disk <gigabytes>', 'room for all that is kept; 2 by default. The oldest cores go first')
    .option('--memory <megabytes>', 'of the heap of what captures and diagnoses; 1024 by default')
    .option('--max-pause <seconds>', 'for how long the service may be stopped; 1 by default')
    .option('-o, --output <dir>', 'folder for hangs; watch/NAME among the runs by default');
  return describe(command, {
    synopsis: ['watch --pid PID|--unit NAME|--container NAME|--pod SELECTOR --probe URL'],
    description: [
      'Looks at a service from outside and tells a hang from what looks like one: a pause, a deployment, overload, a slow disk, a network that is cut. It needs --probe, or --metrics with --progress.',
      'A hang that lasts is looked at twice; then a slim core is taken, which stops the service for milliseconds, and diagnosed, all into one folder. Of one hang there is one core, and never are two taken at once on a host.',
      'The service may be restarted meanwhile, and so may the watch. It does not need to be root where it may trace the service.',
    ],
    exits: [
      ['0', 'the process ended, and no hang was seen'],
      ['1', 'a hang was caught, with --once or when the process ended'],
      ...failureExits,
    ],
    files: [
      ['episode.json', 'of each hang: when, why, verdict, fingerprint, what was done'],
      ['diagnosis.json, report.html', 'the diagnosis, and as a page'],
      ['core.PID, server', 'the slim core and the executable; removed after 7 days'],
      ['look-1, look-2', 'what was seen before the core: statistics, and the goroutine page'],
      ['events.jsonl', 'all that was noticed, beside the folders of hangs'],
    ],
    environment: [runsVariable, cacheVariable, ...outputVariables],
    examples: [
      {
        does: 'A process, until it ends',
        type: 'npx lab watch --pid 1628 --probe http://127.0.0.1:8080/healthz',
      },
      {
        does: 'A unit, restarted after each hang',
        type: 'npx lab watch --unit shop.service --probe http://127.0.0.1:8080/ --then restart',
      },
      {
        does: 'By its own counter',
        type: "npx lab watch --pid 1628 --metrics http://127.0.0.1:8080/metrics --progress '^jobs_done_total'",
      },
    ],
    see: ['docs/watch.md', 'npx lab triage', 'npx lab clean'],
  });
}
