import type { Scenario } from './scenario.js';

/** Goods are moved both ways at once: each mover keeps its shelf and tries to lock the other's. */
export const stock: Scenario = {
  name: 'stock',
  title: 'a shop whose movers keep one shelf locked and try for the other without a pause',
  teaches:
    'TryLock in a loop is Lock that takes a processor: two locks in opposite order stay a deadlock, and now no goroutine is seen to wait. Take locks in one order.',
  class: 'livelock',
  subtype: 'try-lock',
  package: 'stock',
  server: { path: '/shelves' },
  drive: {
    kind: 'requests',
    steps: [
      {
        ...{ kind: 'request', id: 'south', method: 'POST', path: '/moves/north/south' },
        body: ['crate\n', 'barrel\n'],
        until: { kind: 'parked', in: 'main.Move' },
      },
      {
        ...{ kind: 'request', id: 'north', method: 'POST', path: '/moves/south/north' },
        body: ['crate\n', 'barrel\n'],
        until: { kind: 'parked', in: 'main.Move', goroutines: 2 },
      },
      { kind: 'send-more', of: 'south', until: { kind: 'sent' } },
      { kind: 'send-more', of: 'north', until: { kind: 'sent' } },
      { kind: 'request', method: 'GET', path: '/shelves', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.Move'],
    resources: ['main.Shelf.mu'],
    victimsAtLeast: 2,
    rule: 'busy-wait',
    verdict: 'unknown',
  },
};
