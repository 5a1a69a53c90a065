import type { Scenario } from './scenario.js';

/** A bank: two transfers in opposite directions wait for the same settlement window. */
export const transfer: Scenario = {
  name: 'transfer',
  title: 'a bank that locks two accounts in the order in which the customer names them',
  teaches:
    'Two locks of one kind need an order that does not depend on who asks. An order by parameters is none: the caller decides it, and two callers decide it differently.',
  class: 'resource',
  subtype: 'ab-ba',
  package: 'transfer',
  server: { path: '/accounts/NO93-01' },
  drive: {
    kind: 'requests',
    steps: [
      { kind: 'request', method: 'DELETE', path: '/window', until: { kind: 'answered' } },
      {
        kind: 'request',
        method: 'POST',
        path: '/transfers',
        body: ['{"from":"NO93-01","to":"PE27-08","cents":2500}'],
        until: { kind: 'parked', in: 'main.(*Bank).transfer', goroutines: 1 },
      },
      {
        kind: 'request',
        method: 'POST',
        path: '/transfers',
        body: ['{"from":"PE27-08","to":"NO93-01","cents":2500}'],
        until: { kind: 'parked', in: 'main.(*Bank).transfer', goroutines: 2 },
      },
      { kind: 'request', method: 'PUT', path: '/window', until: { kind: 'answered' } },
      {
        kind: 'request',
        method: 'GET',
        path: '/accounts/NO93-01',
        count: 10,
        until: { kind: 'all-answered' },
      },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Bank).transfer'],
    resources: ['main.Account.mu'],
    victimsAtLeast: 10,
    rule: 'lock-order',
  },
};
