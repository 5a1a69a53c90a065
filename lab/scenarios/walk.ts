import type { Scenario } from './scenario.js';

/** A limit on what is done at once, held while waiting for those that need it too. */
export const walk: Scenario = {
  name: 'walk',
  title: 'a walk through folders that keeps its token while it waits for the folders below',
  teaches:
    'A channel of tokens is a lock that several may hold. A goroutine that asks for a second token while holding one can wait for itself: the depth of the tree decides, not the load.',
  class: 'communication',
  subtype: 'channel',
  package: 'walk',
  server: { path: '/sizes/docs' },
  drive: {
    kind: 'requests',
    steps: [
      { kind: 'request', method: 'GET', path: '/sizes/src', until: { kind: 'answered' } },
      { kind: 'request', method: 'GET', path: '/sizes/', until: { kind: 'sent' } },
      { kind: 'request', method: 'GET', path: '/sizes/docs', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.acquire'],
    resources: ['main.readers'],
    victimsAtLeast: 0,
  },
};
