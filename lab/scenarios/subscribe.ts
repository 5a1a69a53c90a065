import type { Scenario } from './scenario.js';

/** Subscriptions whose context nobody cancels: what waits for its end stays behind. */
export const subscribe: Scenario = {
  name: 'subscribe',
  title: 'a long poll that never stops its subscription',
  teaches:
    'A context that is made from context.Background ends only when its cancel function is called. That the function is stored somewhere silences the compiler and vet; it calls nothing.',
  class: 'communication',
  subtype: 'channel-context',
  package: 'subscribe',
  server: { path: '/topics' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        method: 'GET',
        path: '/news/harbour',
        count: 20,
        until: { kind: 'parked', in: 'main.answer', goroutines: 20 },
      },
      {
        kind: 'request',
        method: 'POST',
        path: '/news/harbour',
        body: ['the ferry is late'],
        until: { kind: 'all-answered' },
      },
    ],
    rounds: 10,
    withinMs: 10_000,
  },
  symptom: { kind: 'stuck-goroutines', in: 'main.(*Hub).removeAfter', atLeast: 20, forMs: 500 },
  expect: {
    functions: ['main.(*Hub).removeAfter'],
    resources: [],
    victimsAtLeast: 0,
  },
};
