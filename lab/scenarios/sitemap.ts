import type { Scenario } from './scenario.js';

/** Pages of a site: goroutines of a group with a limit start others of the same group. */
export const sitemap: Scenario = {
  name: 'sitemap',
  title: 'a site walker whose goroutines start others in their own limited group',
  teaches:
    'With SetLimit, Go waits until one of the group has ended. Whoever calls it from within the group waits for itself as soon as all the others do the same.',
  class: 'communication',
  subtype: 'channel',
  package: 'sitemap',
  // A page without links.
  server: { path: '/sitemap?page=/0/0/0' },
  drive: {
    kind: 'requests',
    steps: [
      { kind: 'request', method: 'GET', path: '/sitemap?page=/0/0', until: { kind: 'answered' } },
      { kind: 'request', method: 'GET', path: '/sitemap', until: { kind: 'sent' } },
      {
        kind: 'request',
        method: 'GET',
        path: '/sitemap?page=/0/0/0',
        count: 10,
        until: { kind: 'all-answered' },
      },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Site).walk'],
    resources: ['errgroup.Group.sem'],
    victimsAtLeast: 0,
    rule: 'pool-waits-for-itself',
  },
};
