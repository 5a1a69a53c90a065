import type { Scenario } from './scenario.js';

/** A shared connection: a reply is waited for under the lock that the reader needs to deliver it. */
export const gateway: Scenario = {
  name: 'gateway',
  title: 'a shared connection whose client logs in again under the lock of its reader',
  teaches:
    'Waiting for a reply is waiting for the reader. Whatever the reader needs on its way must be free meanwhile: its lock first of all, on the rare paths too.',
  class: 'mixed',
  subtype: 'channel-lock',
  package: 'gateway',
  server: { path: '/balances/ann' },
  drive: {
    kind: 'requests',
    steps: [
      { kind: 'request', method: 'GET', path: '/balances/bob', until: { kind: 'answered' } },
      // More than the bank allows with one token.
      { kind: 'request', method: 'GET', path: '/balances/ann', count: 40, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.receive'],
    resources: ['main.Client.mu'],
    victimsAtLeast: 1,
    rule: 'channel-lock',
  },
};
