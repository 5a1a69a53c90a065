import type { Scenario } from './scenario.js';

/** A trail of changes: written to under the lock that its keeper needs. */
export const audit: Scenario = {
  name: 'audit',
  title: 'accounts that write their audit trail under the lock which its keeper needs',
  teaches:
    'A buffered channel makes a send under a lock look harmless: it waits only when the buffer is full, and the buffer is full only when the reader is held up, by that very lock.',
  class: 'mixed',
  subtype: 'channel-lock',
  package: 'audit',
  server: { path: '/balances/ann' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        method: 'POST',
        path: '/payments',
        body: [JSON.stringify([{ from: 'ann', to: 'bob', cents: 250 }])],
        until: { kind: 'answered' },
      },
      // A month's end: more at once than the trail has room for.
      {
        kind: 'request',
        method: 'POST',
        path: '/payments',
        body: [
          JSON.stringify(Array.from({ length: 200 }, (_, i) => ({ from: 'till', to: `e${i}`, cents: 9 }))),
        ],
        until: { kind: 'sent' },
      },
      { kind: 'request', method: 'GET', path: '/balances/bob', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Accounts).Post'],
    resources: ['main.Trail.entries', 'main.Accounts.mu'],
    victimsAtLeast: 1,
    rule: 'channel-lock',
  },
};
