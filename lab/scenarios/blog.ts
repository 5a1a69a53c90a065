import type { Scenario } from './scenario.js';

/** The article's metrics server: the only consumer of a channel sends to that channel. */
export const blog: Scenario = {
  name: 'blog',
  title: 'a metrics consumer that reports its own queue length into its own queue',
  teaches:
    'A goroutine that alone empties a channel must never send to it: a buffer hides that until it is full at the wrong moment.',
  class: 'communication',
  subtype: 'channel',
  package: 'blog',
  server: { port: 10080, pprofPort: 10081, path: '/' },
  drive: {
    kind: 'load',
    // One process of autocannon without pipelining is bound by its own event loop and leaves the channel
    // full at one receive in four; wrk at every second; two processes with ten requests in flight per
    // connection at four in five. Each step costs half a second of reconnecting, so the first is the one
    // that is most likely to do.
    steps: [
      { connections: 1000, pipelining: 10, workers: 2 },
      { connections: 1000, pipelining: 30, workers: 2 },
      { connections: 2000, pipelining: 30, workers: 2 },
    ],
    patienceMs: 3500,
    durationMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Metrics).SetM'],
    resources: ['main.Metrics.inChannel'],
    victimsAtLeast: 100,
  },
  article: true,
};
