import prettyBytes from 'pretty-bytes';
import { z } from 'zod';
import { bundleSchema } from '../capture/bundle.js';
import { quitSchema } from '../checklist/sigquit.js';
import { protocolNames, type StampedeFacts, stampedeFactsSchema } from '../stampede/facts.js';
import type { PageLook } from '../stampede/look.js';
import { stageResult } from '../store/run-record.js';
import type { RunReport } from './run-report.js';

/** What a report tells of a stampede, as text in cells. */
export interface StampedeRows {
  readonly text: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly string[])[];
  /** What came afterwards, one line each. */
  readonly afterwards: readonly string[];
}

const loadSchema = z.looseObject({ stampede: stampedeFactsSchema.optional() });

/** `undefined` for a run of another scenario, and for one that did not come so far. */
export function stampedeRows({
  record,
  diagnosis,
}: Pick<RunReport, 'record' | 'diagnosis'>): StampedeRows | undefined {
  const { load, capture, stop } = record.stages;
  const facts = stageResult(load, loadSchema)?.stampede;
  if (facts === undefined) return undefined;
  const bundle = stageResult(capture, bundleSchema);
  const quit = stageResult(stop, quitSchema)?.sigquit;
  return {
    text: summaryOf(facts),
    head: [
      'stuck',
      'after',
      'memory',
      'descriptors',
      'pprof count: time',
      'pprof dump: goroutines',
      'size',
      'time',
    ],
    rows: facts.marks.map(({ stuck, ms, before, count, list }) => [
      number(stuck),
      seconds(ms),
      prettyBytes(before.rssBytes),
      number(before.fds),
      count.answered ? seconds(count.ms) : missing(count),
      ...(list === undefined
        ? ['not taken', '', '']
        : [
            list.answered ? number(list.goroutines) : missing(list),
            prettyBytes(list.bytes),
            seconds(list.ms),
          ]),
    ]),
    afterwards: [
      ...(bundle === undefined
        ? []
        : [
            `Core: ${prettyBytes(bundle.size.apparent)} (${prettyBytes(bundle.size.onDisk)} on disk); the server ${bundle.method === 'kernel' ? 'ended with it, in' : 'was stopped for'} ${seconds(bundle.pausedMs)}, and the capture took ${seconds(capture?.ms ?? 0)}.`,
          ]),
      ...(diagnosis === undefined
        ? []
        : [
            `Diagnosis: ${seconds(diagnosis.stats.wallMs)}, ${prettyBytes(diagnosis.stats.peakRssBytes)} of memory at most.`,
          ]),
      ...(quit?.kind === 'seen' && quit.value.bytes !== undefined ? [quitText(quit.value, stop?.ms)] : []),
    ],
  };
}

function summaryOf({
  protocol,
  requests,
  answered,
  clients,
  sources,
  patienceMs,
  ms,
  failed,
}: StampedeFacts): string {
  const came = `${number(requests)} requests over ${protocolNames[protocol]} in ${seconds(ms)}, ${number(answered)} of them answered: up to ${number(clients)} clients at a time, each waiting for ${patienceMs} ms`;
  const from = sources === 1 ? '' : `, from ${sources} source addresses`;
  return `${came}${from}.${failed === 0 ? '' : ` ${number(failed)} connections failed and were made again.`}`;
}

function quitText(
  { goroutines, bytes = 0, ended }: { goroutines: number; bytes?: number | undefined; ended: string | null },
  ms = 0,
): string {
  const end = ended === null ? 'and was not done' : `and ended with ${ended}`;
  return `Asked by SIGQUIT, the server printed ${number(goroutines)} goroutines, ${prettyBytes(bytes)}, in ${seconds(ms)} ${end}.`;
}

function missing({ why }: PageLook): string {
  return `no answer: ${why ?? 'cut off'}`;
}

function number(n: number): string {
  return n.toLocaleString('en-US');
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(ms < 10_000 ? 2 : 1)} s`;
}
