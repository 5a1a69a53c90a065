import type { Scenario } from './scenario.js';

/** Questions to an exchange: those of the old session are forgotten, and who asked them waits for ever. */
export const quotes: Scenario = {
  name: 'quotes',
  title: 'a desk that forgets the open questions of a session instead of answering them',
  teaches:
    'A channel that is kept for one answer is a promise: code that drops it from a map, a list or a queue owes its owner an answer first, if only that there is none.',
  class: 'communication',
  subtype: 'channel',
  package: 'quotes',
  server: { path: '/session' },
  drive: {
    kind: 'requests',
    steps: [
      {
        ...{ kind: 'request', method: 'GET', path: '/quotes/ACME', count: 20 },
        until: { kind: 'parked', in: 'main.(*Desk).Quote', goroutines: 20 },
      },
      { kind: 'request', method: 'DELETE', path: '/session', until: { kind: 'answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'stuck-goroutines', in: 'main.(*Desk).Quote', atLeast: 19, forMs: 1_000 },
  expect: {
    functions: ['main.(*Desk).Quote'],
    resources: [],
    victimsAtLeast: 0,
    rule: 'forgotten-close',
  },
};
