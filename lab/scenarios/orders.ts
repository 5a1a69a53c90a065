import type { Scenario } from './scenario.js';

/** Orders in PostgreSQL: whoever writes one in a transaction reserves what was ordered by another connection. */
export const orders: Scenario = {
  name: 'orders',
  title: 'a shop in PostgreSQL that reserves through its pool while a transaction has a connection',
  teaches:
    'A transaction has a connection for itself. Whoever calls something within it that takes the pool instead needs two at once, and as many requests as there are connections then wait for each other. It shows with load only, and the database sees nothing of it.',
  class: 'communication',
  subtype: 'channel',
  package: 'orders',
  server: { path: '/stock', needs: ['postgresql'] },
  drive: {
    kind: 'requests',
    steps: [
      // As many orders as there are connections, each half sent.
      {
        kind: 'request',
        id: 'orders',
        method: 'POST',
        path: '/orders',
        body: ['item', '-1\nitem-2\n'],
        count: 4,
        until: { kind: 'parked', in: 'bufio.(*Scanner).Scan', goroutines: 4 },
      },
      { kind: 'request', method: 'GET', path: '/stock', count: 10, until: { kind: 'sent' } },
      { kind: 'send-more', of: 'orders', until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Shop).reserve'],
    resources: ['pgxpool.Pool'],
    victimsAtLeast: 0,
    rule: 'pool-exhausted-by-waiters',
  },
};
