import type { Scenario } from './scenario.js';

/** Connections to a database: who makes them free first tells a journal that needs one. */
export const pool: Scenario = {
  name: 'pool',
  title: 'a connection pool whose keeper reports to a journal that waits for a connection',
  teaches:
    'Before a pool hands out again, nothing may be done that needs something from the pool. The one who signals a condition variable must not wait for one who waits on it.',
  class: 'communication',
  subtype: 'channel-condvar',
  package: 'pool',
  server: { path: '/orders' },
  drive: {
    kind: 'requests',
    steps: [
      { kind: 'request', method: 'POST', path: '/orders', count: 3, until: { kind: 'answered' } },
      {
        kind: 'request',
        method: 'PUT',
        path: '/primary',
        body: ['db-2.internal'],
        until: { kind: 'answered' },
      },
      { kind: 'request', method: 'GET', path: '/orders', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Pool).acquire', 'main.(*Pool).renew'],
    resources: ['main.Pool.ready', 'main.Pool.renewals'],
    victimsAtLeast: 10,
    rule: 'lost-signal',
  },
};
