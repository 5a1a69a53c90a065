import { createWriteStream } from 'node:fs';
import { finished } from 'node:stream/promises';
import { epochMs } from '../clock.js';
import { pause } from '../deadline.js';
import type { Emit } from '../events.js';
import type { ProcessStats } from '../hang/process-stats.js';
import type { LoadSample } from '../load/sample.js';
import type { BackendView, BalancerView, RunningBalancer } from './balancer/balancer.js';
import type { Instance } from './instance.js';
import type { FleetSample, InstanceSample, Phase } from './sample.js';
import { isLost, serviceText } from './state.js';
import type { Visitor, Visits } from './visitor.js';

export interface ObserveFleet {
  readonly instances: readonly Instance[];
  readonly balancer: RunningBalancer;
  readonly visitor: Visitor;
  /** Bytes of one response, by which the balancer's bytes are responses. */
  readonly responseBytes: number;
  /** `fleet.jsonl`. */
  readonly file: string;
  readonly onSample?: (sample: FleetSample) => void;
}

export interface FleetObserver extends AsyncDisposable {
  latest(): FleetSample | undefined;
  /** All looks so far, whatever became of the file: what is concluded must not depend on a disk that fills up. */
  samples(): readonly FleetSample[];
  setPhase(phase: Phase): void;
  onLoad(sample: LoadSample | undefined): void;
  /** Rejects when the looking itself breaks; never resolves. */
  readonly broke: Promise<never>;
}

const everyMs = 250;

/**
 * Looks at the fleet four times a second until it is disposed: at each instance directly, at what the balancer says of
 * it, at who comes through. Keeps each look, and tells of it: a note for each change of an instance.
 */
export function observeFleet(options: ObserveFleet, emit: Emit, signal: AbortSignal): FleetObserver {
  const closing = new AbortController();
  const closed = AbortSignal.any([signal, closing.signal]);
  const stream = createWriteStream(options.file, { flags: 'a', mode: 0o600 });
  // The series is worth less than the run: a write error ends the series, not the run.
  stream.on('error', () => {});
  let phase = 'load' as Phase;
  let load: LoadSample | undefined;
  const samples: FleetSample[] = [];
  const memory: Memory = { stats: new Map(), visits: { answered: 0, failed: 0 }, view: undefined };

  const looking = (async () => {
    while (!closed.aborted) {
      const view = await options.balancer.look(closed);
      const before = samples.at(-1);
      const latest = take(options, { view, phase, load }, memory);
      samples.push(latest);
      tellChanges(before, latest, emit);
      if (stream.writable) stream.write(`${JSON.stringify(latest)}\n`);
      emit({ type: 'progress', stage: phase === 'recover' ? 'recover' : 'load', text: lineOf(latest) });
      options.onSample?.(latest);
      await pause(everyMs, closed);
    }
  })();
  const broke = new Promise<never>((_, reject) => {
    looking.catch((error: unknown) => {
      if (!closed.aborted) reject(error);
    });
  });
  broke.catch(() => {}); // whoever waits for it hears of it; nobody has to
  return {
    latest: () => samples.at(-1),
    samples: () => samples,
    broke,
    setPhase(next) {
      phase = next;
    },
    onLoad(sample) {
      load = sample;
    },
    async [Symbol.asyncDispose]() {
      closing.abort();
      await looking.catch(() => {});
      stream.end();
      await finished(stream).catch(() => {});
    },
  };
}

interface Memory {
  readonly stats: Map<string, ProcessStats>;
  visits: Visits;
  view: BalancerView | undefined;
}

function take(
  { instances, visitor, responseBytes }: ObserveFleet,
  { view, phase, load }: { view: BalancerView | undefined; phase: Phase; load: LoadSample | undefined },
  memory: Memory,
): FleetSample {
  const rows = instances.map((instance): InstanceSample => {
    const backend = view?.backends.find(({ name }) => name === instance.name);
    const before = memory.view?.backends.find(({ name }) => name === instance.name);
    const answers = answersBetween(before, backend, responseBytes);
    if (view !== undefined && answers !== undefined && answers > 0) instance.watch().onAnswered(view.at);
    const seconds = view === undefined ? 0 : (view.at - (memory.view?.at ?? view.at)) / 1_000;
    const direct = instance.watch().probes().at(-1);
    return {
      name: instance.name,
      ...instance.opinion(backend),
      responsesPerSecond: answers === undefined || seconds <= 0 ? null : Math.round(answers / seconds),
      cpuShare: cpuShare(instance, memory),
      goroutines: instance.watch().goroutines() ?? null,
      direct: direct === undefined ? null : { kind: direct.kind, ms: Math.round(direct.ms) },
      balancer: backend === undefined ? null : told(backend),
    };
  });
  const visits = visitor.seen();
  const through = {
    answered: visits.answered - memory.visits.answered,
    failed: visits.failed - memory.visits.failed,
  };
  memory.visits = visits;
  if (view !== undefined) memory.view = view;
  return {
    ...{ at: epochMs(), phase, service: serviceText(rows.map(({ state }) => state)), through },
    clients: view?.clients ?? null,
    load:
      load === undefined
        ? null
        : { requestsPerSecond: load.requestsPerSecond, errors: load.errors, timeouts: load.timeouts },
    instances: rows,
  };
}

/** By what the balancer counts: answers, or bytes. */
function answersBetween(
  before: BackendView | undefined,
  now: BackendView | undefined,
  responseBytes: number,
): number | undefined {
  if (before === undefined || now === undefined) return undefined;
  if (now.answers !== undefined) return now.answers - (before.answers ?? 0);
  return ((now.bytesOut ?? 0) - (before.bytesOut ?? 0)) / responseBytes;
}

function told({ service, checks, ...counts }: BackendView): NonNullable<InstanceSample['balancer']> {
  const { sessions, connectErrors, responseErrors, retries } = counts;
  const { tcp = null, http = null } = checks;
  return { service, tcp, http, sessions, connectErrors, responseErrors, retries };
}

function cpuShare(instance: Instance, { stats }: Memory): number | null {
  const now = instance.watch().stats().at(-1);
  const before = stats.get(instance.name);
  if (now !== undefined) stats.set(instance.name, now);
  if (now === undefined || before === undefined || now.at <= before.at || now.cpuMs < before.cpuMs)
    return null;
  return (now.cpuMs - before.cpuMs) / (now.at - before.at);
}

function tellChanges(before: FleetSample | undefined, now: FleetSample, emit: Emit): void {
  for (const { name, state, why } of now.instances) {
    const was = before?.instances.find((one) => one.name === name)?.state;
    // Under load an instance is late now and then; the timeline has it.
    const minor = (one: string | undefined) => one === undefined || one === 'serving' || one === 'overloaded';
    if (was === state || (minor(was) && minor(state))) continue;
    emit({ type: 'note', text: `${name} ${state === 'cut-off' ? 'is cut off' : `is ${state}`}: ${why}` });
  }
}

function lineOf({ service, load, instances }: FleetSample): string {
  // With nobody left, what a balancer says by itself to those who ask is no answer.
  const rate =
    load === null || instances.every(({ state }) => isLost(state))
      ? ''
      : `; ${load.requestsPerSecond.toLocaleString('en-US')} requests/s through the balancer`;
  return `${service}${rate}`;
}
