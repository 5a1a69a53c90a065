import type { Scenario } from './scenario.js';

/** Artifacts of builds: an upload breaks off, and its handler panics between Lock and Unlock. */
export const depot: Scenario = {
  name: 'depot',
  title: 'an artifact depot whose handler panics with the lock held when an upload breaks off',
  teaches:
    'A server that recovers from the panics of its handlers goes on with whatever they left behind. Only a deferred Unlock is run by a panic, also by one that is meant as a way out.',
  class: 'resource',
  subtype: 'double-lock',
  package: 'depot',
  server: { path: '/artifacts' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        method: 'PUT',
        path: '/artifacts/app-1.4.0.tar',
        body: ['the whole of it'],
        until: { kind: 'answered' },
      },
      {
        kind: 'request',
        id: 'upload',
        method: 'PUT',
        path: '/artifacts/app-1.4.1.tar',
        body: ['the first part of it', 'the rest'],
        until: { kind: 'parked', in: 'main.receive' },
      },
      { kind: 'hang-up', of: 'upload', until: { kind: 'left', function: 'main.receive' } },
      { kind: 'request', method: 'GET', path: '/artifacts', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.list'],
    resources: ['main.depot'],
    victimsAtLeast: 0,
    rule: 'leaked-lock',
  },
};
