import type { Scenario } from './scenario.js';

/** Pages and their figures under one semaphore: a page has a slot while it waits for those of its figures. */
export const renderer: Scenario = {
  name: 'renderer',
  title: 'a renderer whose pages keep a slot of the semaphore that their figures need',
  teaches:
    'A semaphore that counts its own holders has as many of them as it has slots, and then nobody comes to an end. A slot belongs to the innermost work, or to the whole; never to both.',
  class: 'communication',
  subtype: 'channel',
  package: 'renderer',
  server: { path: '/pages' },
  drive: {
    kind: 'requests',
    steps: [
      // As many pages as there are slots, each half sent.
      {
        kind: 'request',
        id: 'pages',
        method: 'POST',
        path: '/pages',
        body: ['a cha', 'rt\na map\n'],
        count: 3,
        until: { kind: 'parked', in: 'main.(*Renderer).page', goroutines: 3 },
      },
      { kind: 'request', method: 'GET', path: '/pages', count: 10, until: { kind: 'sent' } },
      { kind: 'send-more', of: 'pages', until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Renderer).figure'],
    resources: ['main.Renderer.slots'],
    victimsAtLeast: 10,
    rule: 'pool-exhausted-by-waiters',
  },
};
