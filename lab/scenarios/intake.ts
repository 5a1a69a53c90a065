import type { Scenario } from './scenario.js';

const order = (...articles: readonly string[]): readonly string[] => [
  JSON.stringify(articles.map((article) => ({ article, count: 2 }))),
];

/** Results that are collected after the wait for those who send them. */
export const intake: Scenario = {
  name: 'intake',
  title: 'orders whose lines are checked at once, with room for one error',
  teaches:
    'Wait first and collect afterwards works as long as everything that is sent fits into the channel. A room for one is a bet that there is never a second.',
  class: 'mixed',
  subtype: 'channel-waitgroup',
  package: 'intake',
  server: { path: '/health' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        method: 'POST',
        path: '/orders',
        body: order('tea', 'rice'),
        until: { kind: 'answered' },
      },
      {
        kind: 'request',
        method: 'POST',
        path: '/orders',
        body: order('tea', 'figs'),
        until: { kind: 'answered' },
      },
      {
        kind: 'request',
        method: 'POST',
        path: '/orders',
        body: order('oats', 'tea', 'figs', 'plums'),
        until: { kind: 'sent' },
      },
    ],
    rounds: 10,
    withinMs: 10_000,
  },
  symptom: { kind: 'stuck-goroutines', in: 'main.each[...]', atLeast: 1, forMs: 500 },
  expect: {
    functions: ['main.each[...]', 'main.each[...].func1'],
    resources: ['main.each.checks', 'main.each.failed'],
    victimsAtLeast: 0,
    rule: 'channel-waitgroup',
  },
};
