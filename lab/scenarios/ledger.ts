import type { Scenario } from './scenario.js';

/** Entries in a database: who finds what it looked for leaves the rows open. */
export const ledger: Scenario = {
  name: 'ledger',
  title: 'a ledger that leaves rows open whenever it finds what it was asked for',
  teaches:
    'Rows give their connection back when they are closed or read to the end, not when nobody has them any more. Each early return without Close takes one connection out of the pool, for good.',
  class: 'communication',
  subtype: 'channel',
  package: 'ledger',
  server: { path: '/accounts' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        method: 'GET',
        path: '/first?account=account-3',
        count: 4,
        until: { kind: 'answered' },
      },
      { kind: 'request', method: 'GET', path: '/accounts', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Ledger).accounts'],
    resources: ['sql.DB.connRequests'],
    victimsAtLeast: 0,
    rule: 'leaked-connection',
  },
};
