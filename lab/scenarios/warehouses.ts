import type { Scenario } from './scenario.js';

/** Processes that call each other, each with a lock held over the call. It is a fleet: lab/fleet/ runs it. */
export const warehouses: Scenario = {
  name: 'warehouses',
  title: 'several instances that call each other with a lock held, until each waits for the other',
  teaches:
    'A lock that is held over a call to another process is part of that process too. When the other one calls back, each has what the other needs to answer, and each core alone shows nothing worse than a wait for the network.',
  class: 'resource',
  subtype: 'across-processes',
  package: 'warehouses',
  server: { path: '/stock', siblings: true },
  drive: {
    kind: 'load',
    // The transfers between the warehouses bring about the fault; these ask for the stock meanwhile.
    steps: [{ connections: 60, pipelining: 1, workers: 1 }],
    patienceMs: 5_000,
    durationMs: 30_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Warehouse).Receive'],
    resources: ['main.Warehouse.mu'],
    victimsAtLeast: 10,
    rule: 'across-processes',
  },
};
