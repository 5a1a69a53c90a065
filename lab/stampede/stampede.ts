import { epochMs } from '../clock.js';
import { pause } from '../deadline.js';
import { interrupted } from '../errors.js';
import type { Emit } from '../events.js';
import { type Clients, openClients } from './clients.js';
import type { CrowdMark, Protocol, StampedeFacts } from './facts.js';
import { lookAtCount, lookAtList, lookAtProcess, type PageLook, type ProcessLook } from './look.js';
import { connectionsPerSource } from './sources.js';

export interface StampedeOptions {
  readonly pid: number;
  readonly url: string;
  /** `http://host:port` of net/http/pprof. */
  readonly pprofUrl: string;
  readonly protocol: Protocol;
  /** Handlers that shall be stuck; of a server that answers, requests. */
  readonly size: number;
  readonly clients: number;
  readonly patienceMs: number;
  /** Goroutines of the server before anybody came. */
  readonly idleGoroutines: number;
  /** Aborts when the server has ended. */
  readonly gone: AbortSignal;
}

/** At these sizes the crowd is looked at; at the last one too. */
const sizesLookedAt = [1_000, 10_000, 50_000, 100_000, 200_000, 500_000];
const sampleEveryMs = 500;
/** pprof stops the world; of a million goroutines it may take its time. */
const pageTimeoutMs = 120_000;
/** A wave is followed by a smaller one when some of its requests left nothing behind; so often at most. */
const mostWaves = 6;

/**
 * Clients come, wait, go and come again on fresh connections until so many handlers of a server that hangs are
 * stuck, or until a server that answers has had so many requests. At certain sizes the server is looked at.
 * When this returns all clients have gone. Throws `undecided` when they cannot get on; what it returns may have
 * fewer stuck than were asked for when requests leave nothing behind.
 */
export async function stampede(
  options: StampedeOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<StampedeFacts> {
  const { pid, url, pprofUrl, protocol, size, clients: most, patienceMs, gone } = options;
  const perSource = await connectionsPerSource();
  await using clients = openClients({ url, protocol, clients: most, patienceMs, perSource });
  await using _sampling = sample(pid, clients, emit);
  const until = AbortSignal.any([signal, gone]);
  const marks: CrowdMark[] = [];
  const began = performance.now();
  let ms = 0;
  let stuck = 0;

  const look = async (): Promise<CrowdMark | undefined> => {
    const before = await lookAtProcess(pid);
    const count = await lookAtCount(pprofUrl, pageTimeoutMs, until);
    const list = isFull(marks.at(-1)) ? undefined : await lookAtList(pprofUrl, pageTimeoutMs, until);
    const after = await lookAtProcess(pid);
    if (before === undefined || after === undefined) return undefined;
    const requests = clients.report().sent;
    return {
      stuck,
      requests,
      ms: Math.round(performance.now() - began),
      before,
      after,
      count,
      ...(list === undefined ? {} : { list }),
    };
  };
  const send = async (requests: number): Promise<void> => {
    const from = performance.now();
    await clients.send(requests, until);
    ms += performance.now() - from;
    // Where pprof does not come any more, each request counts that got no answer.
    stuck = (await stuckNow(options, until)) ?? stuck + requests;
  };

  try {
    stuck = (await stuckNow(options, until)) ?? 0;
    for (const wanted of [...sizesLookedAt.filter((one) => one < size), size]) {
      const { sent, answered } = clients.report();
      if (answered > 0) break;
      for (let wave = 0; wave < mostWaves && stuck < wanted && clients.report().answered === 0; wave += 1) {
        await send(wanted - stuck);
      }
      // What the load alone has left is looked at once, whatever its size.
      if (sent === clients.report().sent && marks.length > 0) continue;
      const mark = await look();
      if (mark === undefined) break;
      marks.push(mark);
      emit({ type: 'note', text: markText(mark) });
    }
    // It answers: the rest comes in one go, and nothing shall be left of it.
    if (clients.report().answered > 0) await send(Math.max(0, size - clients.report().sent));
  } catch (error) {
    if (signal.aborted) throw interrupted(signal.reason);
    if (!gone.aborted) throw error;
  }
  const { sent, answered, failed, connections } = clients.report();
  return {
    ...{ protocol, size, clients: most, patienceMs, requests: sent, answered, failed },
    sources: Math.max(1, Math.ceil(connections / perSource)),
    ms: Math.round(ms),
    marks,
  };
}

/** Goroutines beyond those of the idle server; `undefined` when pprof does not say. */
export async function stuckNow(
  { pprofUrl, idleGoroutines }: Pick<StampedeOptions, 'pprofUrl' | 'idleGoroutines'>,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { answered, goroutines } = await lookAtCount(pprofUrl, pageTimeoutMs, signal);
  return answered ? Math.max(0, goroutines - idleGoroutines) : undefined;
}

/** Whether the page of that look ended before the list did, or there was none any more. */
function isFull(mark: CrowdMark | undefined): boolean {
  return mark !== undefined && (mark.list === undefined || mark.list.goroutines < mark.count.goroutines);
}

/** Tells twice a second how the crowd grows. */
function sample(pid: number, clients: Clients, emit: Emit): AsyncDisposable {
  const closing = new AbortController();
  const sampling = (async () => {
    while (!closing.signal.aborted) {
      const seen: ProcessLook | undefined = await lookAtProcess(pid);
      if (seen === undefined) return;
      const { sent, givenUp } = clients.report();
      emit({ type: 'crowd-sample', sample: { at: epochMs(), requests: sent, unanswered: givenUp, ...seen } });
      await pause(sampleEveryMs, closing.signal);
    }
  })().catch(() => {}); // the pause ends with an error when it is over
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await sampling;
    },
  };
}

function markText({ stuck, before, count, list }: CrowdMark): string {
  const crowd = `${number(stuck)} stuck: ${megabytes(before.rssBytes)} of memory, ${number(before.fds)} descriptors`;
  return `${crowd}; ${list === undefined ? `pprof count: ${seconds(count.ms)}` : listText(list)}`;
}

function listText({ answered, goroutines, bytes, ms, why }: PageLook): string {
  return answered
    ? `pprof dump: ${number(goroutines)} goroutines, ${megabytes(bytes)}, ${seconds(ms)}`
    : `no pprof dump: ${why ?? 'cut off'}`;
}

function seconds(ms: number): string {
  return `${(ms / 1_000).toFixed(1)} s`;
}

function number(n: number): string {
  return n.toLocaleString('en-US');
}

function megabytes(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`;
}
