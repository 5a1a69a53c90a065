import type { Scenario } from './scenario.js';

/** The quickest of several answers: the others find nobody to give theirs to. */
export const search: Scenario = {
  name: 'search',
  title: 'a search that takes the first answer and leaves the other senders behind',
  teaches:
    'A goroutine that sends its result needs a receiver or room. Where the receiver may leave early, the channel must have room for every sender, or each must be able to give up.',
  class: 'communication',
  subtype: 'channel',
  package: 'search',
  server: { path: '/health' },
  drive: {
    kind: 'requests',
    steps: [
      { kind: 'request', method: 'GET', path: '/search?q=salt', count: 20, until: { kind: 'all-answered' } },
      { kind: 'request', method: 'GET', path: '/search?q=tea', count: 20, until: { kind: 'all-answered' } },
    ],
    rounds: 5,
    withinMs: 10_000,
  },
  symptom: { kind: 'stuck-goroutines', in: 'main.ask', atLeast: 40, forMs: 500 },
  expect: {
    functions: ['main.ask'],
    resources: ['main.(*Search).First.answers'],
    victimsAtLeast: 0,
    rule: 'leaked-sender',
  },
};
