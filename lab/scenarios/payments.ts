import type { Scenario } from './scenario.js';

/** Invoices in a database: whoever goes through the rows needs a second connection for each of them. */
export const payments: Scenario = {
  name: 'payments',
  title: 'an invoice service that updates rows through its pool while it goes through other rows',
  teaches:
    'Open rows keep their connection. Whoever needs a second one for each row has as many requests at once as the pool has connections, and then none of them comes to its end.',
  class: 'communication',
  subtype: 'channel',
  package: 'payments',
  server: { path: '/invoices' },
  drive: {
    kind: 'requests',
    steps: [
      // As many statements as there are connections, each half sent.
      {
        kind: 'request',
        id: 'statements',
        method: 'POST',
        path: '/statements',
        body: ['transfer 2031\n', 'transfer 2032\n'],
        count: 4,
        until: { kind: 'parked', in: 'main.(*Book).reconcile', goroutines: 4 },
      },
      { kind: 'request', method: 'GET', path: '/invoices', count: 10, until: { kind: 'sent' } },
      { kind: 'send-more', of: 'statements', until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Book).markPaid'],
    resources: ['sql.DB.connRequests'],
    victimsAtLeast: 10,
    rule: 'pool-exhausted-by-waiters',
  },
};
