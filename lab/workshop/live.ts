import type { LabEvent } from '../events.js';

/** What the page shows while something happens. Times in milliseconds of the Unix epoch. */
export type LiveEvent =
  | { readonly type: 'load'; readonly at: number; readonly requestsPerSecond: number }
  | {
      readonly type: 'probe';
      readonly at: number;
      readonly kind: 'answered' | 'timed-out' | 'refused' | 'cut';
      readonly ms: number;
    }
  | { readonly type: 'goroutines'; readonly at: number; readonly count: number }
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
      return { type: 'note', text: event.text };
    default:
      return undefined;
  }
}
