import type { Scenario } from './scenario.js';

/** A shutdown that waits for a goroutine that waits for the shutdown. */
export const tenants: Scenario = {
  name: 'tenants',
  title: 'a shutdown that waits for a goroutine that waits for the shutdown',
  teaches:
    'Stopping has two halves: telling, and waiting until it is done. Told too late is not told: a Wait that comes before the close of the channel waits for itself.',
  class: 'mixed',
  subtype: 'channel-waitgroup',
  package: 'tenants',
  server: { path: '/tenants' },
  drive: {
    kind: 'requests',
    steps: [
      { kind: 'request', method: 'PUT', path: '/tenants/ann', until: { kind: 'answered' } },
      { kind: 'request', method: 'PUT', path: '/tenants/bob', until: { kind: 'answered' } },
      { kind: 'request', method: 'DELETE', path: '/tenants/ann', until: { kind: 'sent' } },
      { kind: 'request', method: 'GET', path: '/tenants', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Tenant).Close'],
    resources: ['main.Tenant.running', 'main.Tenant.ended'],
    victimsAtLeast: 1,
    rule: 'channel-waitgroup',
  },
};
