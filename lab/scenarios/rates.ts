import type { Scenario } from './scenario.js';

/** A table of rates: a conversion waits for an import with the lock that the import needs, and does not even sleep. */
export const rates: Scenario = {
  name: 'rates',
  title: 'a currency table whose reader spins under the lock that the import needs',
  teaches:
    'A loop on an atomic waits like any lock does, and no tool shows it as a wait: the goroutine runs. With a lock held it is a deadlock that takes all the processor time.',
  class: 'livelock',
  subtype: 'busy-wait',
  package: 'rates',
  server: { path: '/rates' },
  drive: {
    kind: 'requests',
    steps: [
      {
        ...{ kind: 'request', id: 'sum', method: 'POST', path: '/convert/EUR' },
        body: ['10\n', '20\n'],
        until: { kind: 'parked', in: 'main.(*Table).Convert' },
      },
      {
        ...{ kind: 'request', method: 'PUT', path: '/rates', body: ['EUR=1.09'] },
        until: { kind: 'parked', in: 'main.(*Table).Import' },
      },
      { kind: 'send-more', of: 'sum', until: { kind: 'sent' } },
      { kind: 'request', method: 'GET', path: '/rates', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Table).Convert'],
    resources: ['main.Table.mu'],
    victimsAtLeast: 2,
    rule: 'busy-wait',
    verdict: 'unknown',
  },
};
