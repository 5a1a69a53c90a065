import type { Scenario } from './scenario.js';

/** A member of a cluster: a loop goes on to its next turn without unlocking. */
export const gossip: Scenario = {
  name: 'gossip',
  title: 'a cluster member that skips old news with the lock still held',
  teaches:
    'Every way out of a locked stretch has to unlock: continue, break and return as well. A lock that nobody holds any more leaves no holder to be found, only those who wait.',
  class: 'resource',
  subtype: 'double-lock',
  package: 'gossip',
  server: { path: '/members' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        method: 'POST',
        path: '/gossip',
        body: [
          '[{"member":"oslo","generation":7,"alive":true},{"member":"lima","generation":3,"alive":true}]',
        ],
        until: { kind: 'answered' },
      },
      {
        kind: 'request',
        method: 'POST',
        path: '/gossip',
        body: [
          '[{"member":"rome","generation":1,"alive":true},{"member":"oslo","generation":6,"alive":false}]',
        ],
        until: { kind: 'answered' },
      },
      { kind: 'request', method: 'GET', path: '/members', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Members).Alive'],
    resources: ['main.Members.mu'],
    victimsAtLeast: 0,
    rule: 'leaked-lock',
  },
};
