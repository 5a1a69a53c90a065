import type { LabEvent } from '../events.js';

/** What is measured of a participant's server while it lives. Times in milliseconds of the Unix epoch. */
export type Measured =
  /** Answers that the lab's own load received. */
  | { readonly type: 'load'; readonly at: number; readonly requestsPerSecond: number }
  | {
      readonly type: 'probe';
      readonly at: number;
      readonly kind: 'answered' | 'timed-out' | 'refused' | 'cut';
      readonly ms: number;
    }
  | { readonly type: 'goroutines'; readonly at: number; readonly count: number }
  | ProcessSample
  | Mark;

export interface ProcessSample {
  readonly type: 'process';
  readonly at: number;
  /** Processor time since the sample before, percent of one processor. */
  readonly cpu: number;
  readonly rssBytes: number;
  readonly threads: number;
  /** Connections of its port whose client is there; absent when they could not be counted. */
  readonly open?: number | undefined;
  /** Connections of its port whose client has gone, and which the server has not closed. */
  readonly left?: number | undefined;
  /** Stopped by a signal, or in the hands of a debugger. */
  readonly stopped: boolean;
}

/** A moment that changes what the charts mean. */
export interface Mark {
  readonly type: 'mark';
  readonly at: number;
  readonly kind: 'load-begins' | 'load-ends' | 'silent' | 'answers' | 'ended';
  readonly text: string;
}

/** The server that is watched; it outlives this workbook when the participant has started it. */
export interface WatchedServer {
  readonly pid: number;
  readonly startTicks: number;
  /** In whose folder it runs. */
  readonly lesson: string;
}

/** What the page is told while something happens. */
export type LiveEvent =
  | Measured
  /** In place of all that was told before: to who begins to listen, and when another server runs. */
  | {
      readonly type: 'history';
      readonly server?: WatchedServer | undefined;
      readonly measured: readonly Measured[];
    }
  | { readonly type: 'health'; readonly at: number; readonly health: string; readonly why: string }
  | { readonly type: 'note'; readonly text: string }
  /** The state of the session is another one. */
  | { readonly type: 'changed' };

/** What of the lab's own events is for the page. */
export function liveOf(event: LabEvent): LiveEvent | undefined {
  switch (event.type) {
    case 'load-sample':
      return { type: 'load', at: event.sample.at, requestsPerSecond: event.sample.requestsPerSecond };
    case 'probe': {
      const { at, kind, ms } = event.outcome;
      return { type: 'probe', at, kind, ms };
    }
    case 'health':
      return { type: 'health', at: event.at, health: event.health, why: event.why };
    case 'load-step': {
      const { connections, pipelining } = event.step;
      return {
        type: 'note',
        text: `${connections} connections with ${pipelining} requests in flight: ${event.why}`,
      };
    }
    case 'note':
      return { type: 'note', text: event.unnamed ?? event.text };
    default:
      return undefined;
  }
}
