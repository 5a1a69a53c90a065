import { basename } from 'node:path';
import type { Bundle } from '../capture/bundle.js';
import { isPollCall, waitsForNetwork } from './gdb-backtrace.js';
import type { HttpSeen } from './http-look.js';
import type { ChecklistInput } from './input.js';
import type { LoadFacts } from './load-facts.js';
import {
  type ChecklistRow,
  command,
  count,
  differs,
  fails,
  gigabytes,
  holds,
  judge,
  row,
  unseen,
} from './row.js';

/** What the article sees of the hung server from outside, up to the core file. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one claim after the other, as the article makes them
export function outsideRows(input: ChecklistInput): ChecklistRow[] {
  const { load, symptoms, bundle, quit } = input;
  return [
    listeningRow(input),
    row(
      'load-hangs',
      'Load over 1000 connections makes the server hang after a short while.',
      ['load.jsonl'],
      load === undefined ? unseen('no load was run') : judgeLoad(load),
    ),
    row(
      'hung-after-load',
      'It stays hung after the load has ended.',
      command('curl'),
      judge(symptoms?.curl, (looked) => judgeAfterLoad(looked, load)),
    ),
    row(
      'curl-times-out',
      'curl --max-time 5 ends with (28), with 0 bytes received.',
      command('curl'),
      judge(symptoms?.curl, judgeCurl),
    ),
    row(
      'pprof-slow',
      "In production even pprof's debug pages were very slow.",
      command('pprof'),
      judge(symptoms?.pprof, (looked) => {
        const total = looked.goroutines === null ? '' : `: ${count(looked.goroutines, 'goroutine')}`;
        if (looked.timedOut) return holds(`no complete answer within ${looked.ms} ms`);
        if (looked.bytes === 0) return fails(`no answer: ${looked.message}`);
        const seen = `answered in ${looked.ms} ms${total}`;
        return differs(seen, 'the article tells of almost a million goroutines, here are some 1000');
      }),
    ),
    row(
      'sigquit-silent',
      'In production SIGQUIT brought no goroutine dump.',
      command('sigquit'),
      judge(quit?.sigquit, ({ goroutines, ended, endedAfterMs }) => {
        if (goroutines === 0 && ended === null) return holds('neither a dump nor an end');
        const end = ended === null ? 'went on living' : `ended after ${endedAfterMs} ms (${ended})`;
        const seen = `dumped ${count(goroutines, 'goroutine')} into server.log, ${end}`;
        return differs(seen, 'the article tells of almost a million goroutines, here are some 1000');
      }),
    ),
    row(
      'gdb-main-thread',
      "GDB finds the program's main thread asleep in runtime.futex.",
      command('gdb'),
      judge(symptoms?.gdb, ({ main }) => {
        const top = main[0]?.function ?? 'nowhere';
        const below = main.slice(1, 3).map((frame) => frame.function);
        if (top === 'runtime.futex') return holds([top, ...below].join(' < '));
        if (top === 'runtime.usleep') {
          return differs(
            [top, ...below].join(' < '),
            'an idle thread naps a little before it sleeps for good',
          );
        }
        if (!waitsForNetwork(main)) return fails(`it is in ${[top, ...below].join(' < ')}`);
        return differs(
          `it waits for the network: ${top} < ... < runtime.netpoll`,
          'one idle thread waits for the network instead, and any may be it',
        );
      }),
    ),
    row(
      'gdb-threads-asleep',
      "The runtime puts the program's threads to sleep.",
      command('gdb'),
      judge(symptoms?.gdb, ({ threads, ms }) => {
        const asleep = threads.filter((thread) => thread.function === 'runtime.futex').length;
        const polling = threads.filter((thread) => isPollCall(thread.function)).length;
        const seen = `${asleep} of ${threads.length} in runtime.futex, ${polling} waiting for the network; gdb took ${ms} ms`;
        return asleep > 0 ? holds(seen) : fails(seen);
      }),
    ),
    row(
      'core-name',
      'gcore saves the core as core.<process id>.',
      command('gcore'),
      bundle === undefined
        ? unseen('no core was taken')
        : basename(bundle.core) === `core.${bundle.pid}`
          ? bundle.method === 'gcore'
            ? holds(basename(bundle.core))
            : differs(basename(bundle.core), `this run took it by the method ${bundle.method}`)
          : fails(basename(bundle.core)),
    ),
    row(
      'core-size',
      'Even for this small server the core is big: 1.2 GB.',
      command('gcore'),
      bundle === undefined ? unseen('no core was taken') : judgeSize(bundle),
    ),
    row(
      'process-expendable',
      'With the core saved, the process is no longer needed.',
      ['run.json'],
      judge(quit?.sigquit, ({ ended: bySigquit, endedThen = null }) => {
        const ended = bySigquit ?? endedThen;
        if (ended === null) return unseen('the server was still running when the core was analysed');
        return input.diagnosis === undefined
          ? unseen('the core was not analysed', `the server had ended: ${ended}`)
          : holds(`the server had ended (${ended}); all that follows comes from the core`);
      }),
    ),
  ];
}

/** The server's first words: the one row that both twins share. */
export function listeningRow({ listeningLine }: ChecklistInput): ChecklistRow {
  const judged =
    listeningLine === undefined
      ? unseen('the start of the server was not part of this run')
      : /^server listening addr=\S+$/.test(listeningLine)
        ? holds(listeningLine)
        : fails(listeningLine);
  return row(
    'listening',
    'The server says `server listening addr=...`.',
    ['server.log', 'listening'],
    judged,
  );
}

function judgeLoad(load: LoadFacts) {
  const { step, driver, responses, hungAfterMs } = load;
  const how = `${driver}, ${step.connections} connections${step.pipelining > 1 ? `, ${step.pipelining} requests in flight on each` : ''}`;
  if (hungAfterMs === null) return fails(`${how}: ${load.health} after ${count(responses, 'answer')}`);
  const seen = `${how}: last answer after ${(hungAfterMs / 1_000).toFixed(1)} s, ${count(responses, 'answer')}`;
  if (step.connections < 1_000) return differs(seen, 'fewer connections were enough here');
  if (step.pipelining === 1) return holds(seen);
  return differs(
    seen,
    `with one request at a time ${driver} fills the channel too seldom, so the lab begins with more`,
  );
}

function judgeAfterLoad(looked: HttpSeen, load: LoadFacts | undefined) {
  if (looked.bytes > 0) return fails(`it answered again: ${looked.bytes} bytes`);
  if (load === undefined) return unseen('no load was run');
  const since = (looked.at - load.endedAt) / 1_000;
  if (since < 0) return unseen('the load had not ended yet');
  return holds(`asked ${since.toFixed(1)} s after the last connection was closed: no answer`);
}

function judgeCurl({ tool, exitCode, bytes, message, timedOut }: HttpSeen) {
  if (tool === 'lab') {
    const seen = `the lab's own request: ${timedOut ? 'timed out' : message}, ${bytes} bytes`;
    return timedOut && bytes === 0 ? unseen('curl is not installed', seen) : fails(seen);
  }
  const seen = message === '' ? `exit ${exitCode}, ${bytes} bytes` : message;
  return exitCode === 28 && bytes === 0 ? holds(seen) : fails(seen);
}

function judgeSize({ size: { dense, onDisk }, method }: Bundle) {
  const seen = `${gigabytes(dense)}; ${gigabytes(onDisk)} on disk once its holes are punched`;
  if (dense >= 0.6e9 && dense <= 2.4e9) return holds(seen);
  if (method === 'gcore')
    return differs(seen, 'the size follows how much address space the runtime has reserved');
  return differs(seen, `gdb writes address space that is only reserved too, the method ${method} does not`);
}
