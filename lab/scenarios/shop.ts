import type { Scenario } from './scenario.js';

/** A shop's search: two caches tell one another that they are out of date. */
export const shop: Scenario = {
  name: 'shop',
  title: 'two caches of a search service that invalidate one another, each with its own lock held',
  teaches:
    'Two objects that call one another under their locks have two orders of locking, though no function takes both. Tell others of a change when the own lock has been given back.',
  class: 'resource',
  subtype: 'ab-ba',
  package: 'shop',
  server: { path: '/search?q=tea' },
  drive: {
    kind: 'requests',
    steps: [
      { kind: 'request', method: 'POST', path: '/sales?title=tea+pot', until: { kind: 'answered' } },
      { kind: 'request', method: 'GET', path: '/search?q=tea', count: 5, until: { kind: 'sent' } },
      { kind: 'request', method: 'GET', path: '/brands', count: 5, until: { kind: 'all-answered' } },
    ],
    rounds: 40,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Facets).Invalidate', 'main.(*Results).Invalidate'],
    resources: ['main.Results.mu', 'main.Facets.mu'],
    victimsAtLeast: 10,
    rule: 'lock-order',
  },
};
