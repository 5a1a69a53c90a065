import type { Scenario } from './scenario.js';

/** A price list: a reader takes its read lock twice, and a writer comes in between. */
export const catalog: Scenario = {
  name: 'catalog',
  title: 'a price list whose reader takes the read lock again, behind a waiting writer',
  teaches:
    'A read lock is not reentrant: a writer that waits keeps out new readers, also those who read already. So a method that locks must not be called by one that holds the lock.',
  class: 'resource',
  subtype: 'rwr',
  package: 'catalog',
  server: { path: '/prices/tea' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        id: 'basket',
        method: 'POST',
        path: '/quotes',
        body: ['{"sku":"tea","count":2}\n', '{"sku":"rice","count":5}\n'],
        until: { kind: 'parked', in: 'main.(*Catalog).Quote' },
      },
      {
        kind: 'request',
        id: 'change',
        method: 'PUT',
        path: '/prices/rice',
        body: ['205'],
        until: { kind: 'parked', in: 'main.(*Catalog).SetPrice' },
      },
      { kind: 'send-more', of: 'basket', until: { kind: 'sent' } },
      { kind: 'request', method: 'GET', path: '/prices/salt', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Catalog).Price'],
    resources: ['main.Catalog.mu'],
    victimsAtLeast: 10,
    rule: 'read-write-read',
  },
};
