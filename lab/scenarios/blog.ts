import type { Scenario } from './scenario.js';

/** The article's metrics server: the only consumer of a channel sends to that channel. */
export const blog: Scenario = {
  name: 'blog',
  title: 'a metrics consumer that reports its own queue length into its own queue',
  class: 'communication',
  subtype: 'channel',
  package: 'blog',
  server: { port: 10080, pprofPort: 10081, path: '/' },
  load: {
    // One process of autocannon without pipelining is bound by its own event loop and never fills the
    // channel; two processes that keep a few requests in flight per connection do what wrk does.
    steps: [
      { connections: 1000, pipelining: 4, workers: 2 },
      { connections: 1000, pipelining: 10, workers: 2 },
      { connections: 1000, pipelining: 30, workers: 2 },
    ],
    patienceMs: 2000,
    durationMs: 10_000,
  },
  expect: {
    functions: ['main.(*Metrics).SetM'],
    resources: ['main.Metrics.inChannel'],
    victimsAtLeast: 100,
  },
};
