import type { Scenario } from './scenario.js';

/** A registry of devices: a log line prints the registry while its lock is held. */
export const registry: Scenario = {
  name: 'registry',
  title: 'a device registry that prints itself into its journal with its own lock held',
  teaches:
    'A lock is not reentrant, and a call under it may come back by ways that nobody sees: %v calls String, a hook calls a method, a comparison calls Less. Under a lock, print texts and not objects.',
  class: 'resource',
  subtype: 'double-lock',
  package: 'registry',
  server: { path: '/devices' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        method: 'PUT',
        path: '/devices/pump-4',
        body: ['10.1.0.14:502'],
        until: { kind: 'answered' },
      },
      {
        kind: 'request',
        method: 'PUT',
        path: '/devices/pump-4',
        body: ['10.2.0.77:502'],
        until: { kind: 'sent' },
      },
      { kind: 'request', method: 'GET', path: '/devices/pump-4', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Registry).String'],
    resources: ['main.Registry.mu'],
    victimsAtLeast: 10,
    rule: 'double-lock',
  },
};
