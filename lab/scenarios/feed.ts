import type { Scenario } from './scenario.js';

/** Events for whoever watches: a client goes away while a sender holds the lock. */
export const feed: Scenario = {
  name: 'feed',
  title: 'an event feed that sends under the lock which a leaving watcher needs',
  teaches:
    'A send under a lock relies on the receiver never needing that lock. A receiver that gives up does need it: a cycle through a channel and a lock, of which the locks alone show half.',
  class: 'mixed',
  subtype: 'channel-lock',
  package: 'feed',
  server: { path: '/watchers' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        id: 'watcher',
        method: 'GET',
        path: '/events',
        until: { kind: 'streaming' },
      },
      {
        kind: 'request',
        id: 'batch',
        method: 'POST',
        path: '/events',
        body: ['order 1 placed\n', 'order 2 placed\n'],
        until: { kind: 'parked', in: 'main.(*Feed).Publish' },
      },
      {
        kind: 'hang-up',
        of: 'watcher',
        until: { kind: 'parked', in: 'main.(*Feed).Unsubscribe' },
      },
      { kind: 'send-more', of: 'batch', until: { kind: 'sent' } },
      { kind: 'request', method: 'GET', path: '/watchers', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Watcher).send'],
    resources: ['main.Watcher.events', 'main.Feed.mu'],
    victimsAtLeast: 10,
    rule: 'channel-lock',
  },
};
