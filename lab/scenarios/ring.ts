import type { Scenario } from './scenario.js';

/** Nodes that hand on to one another: all are full, and each waits for the next. */
export const ring: Scenario = {
  name: 'ring',
  title: 'three nodes that hand messages round in a ring of full mailboxes',
  teaches:
    'Bounded mailboxes and a send that waits are safe in a chain. In a ring they are not: as soon as everybody waits for room at the next, nobody makes any.',
  class: 'communication',
  subtype: 'channel',
  package: 'ring',
  server: { path: '/counters/ash?key=salt' },
  drive: {
    kind: 'requests',
    steps: [
      // An import at each node, half sent, which keeps it from its mailbox.
      {
        kind: 'request',
        id: 'ash',
        method: 'POST',
        path: '/imports/ash',
        body: ['tea\n', 'tea\nrice\n'.repeat(6)],
        until: { kind: 'parked', in: 'main.(*Node).importAll', goroutines: 1 },
      },
      {
        kind: 'request',
        id: 'birch',
        method: 'POST',
        path: '/imports/birch',
        body: ['salt\n', 'tea\nsalt\n'.repeat(6)],
        until: { kind: 'parked', in: 'main.(*Node).importAll', goroutines: 2 },
      },
      {
        kind: 'request',
        id: 'cedar',
        method: 'POST',
        path: '/imports/cedar',
        body: ['rice\n', 'salt\nrice\n'.repeat(6)],
        until: { kind: 'parked', in: 'main.(*Node).importAll', goroutines: 3 },
      },
      { kind: 'send-more', of: 'ash', until: { kind: 'sent' } },
      { kind: 'send-more', of: 'birch', until: { kind: 'sent' } },
      { kind: 'send-more', of: 'cedar', until: { kind: 'sent' } },
      {
        kind: 'request',
        method: 'GET',
        path: '/counters/birch?key=rice',
        count: 10,
        until: { kind: 'all-answered' },
      },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Node).handOn'],
    resources: ['main.Node.inbox'],
    victimsAtLeast: 10,
    rule: 'channel-ring',
  },
};
