import type { Scenario } from './scenario.js';

/** Albums of pictures: the queue is closed after a worker has looked whether to wait, and before it waits. */
export const albums: Scenario = {
  name: 'albums',
  title: 'a picture worker that decides to wait for a signal before it takes the lock',
  teaches:
    'A signal is not stored: who comes later has missed it. Whether to wait has to be decided under the very lock that Wait gives back, with nothing in between.',
  class: 'communication',
  subtype: 'condvar',
  package: 'albums',
  server: { path: '/shelved' },
  drive: { kind: 'self', rounds: 10, withinMs: 5_000 },
  symptom: { kind: 'no-progress', path: '/shelved', forMs: 1_000 },
  expect: {
    functions: ['main.(*Queue[...]).next'],
    resources: ['main.Queue.filled'],
    victimsAtLeast: 0,
    rule: 'lost-signal',
  },
};
