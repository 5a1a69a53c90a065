import type { Scenario } from './scenario.js';

/** Bulk mail: writers and senders wait on one condition variable, and each change wakes one of them. */
export const mailer: Scenario = {
  name: 'mailer',
  title: 'a mailer whose outbox wakes one of two kinds of waiters, and the wrong one',
  teaches:
    'Signal is for waiters who all wait for the same. Where two kinds share a condition variable, it may wake one who has no use for it, and the other sleeps on: Broadcast, or two variables.',
  class: 'communication',
  subtype: 'condvar',
  package: 'mailer',
  server: { path: '/sent' },
  drive: { kind: 'self', rounds: 10, withinMs: 5_000 },
  symptom: { kind: 'no-progress', path: '/sent', forMs: 1_000 },
  expect: {
    functions: ['main.(*Outbox).PutAll', 'main.(*Outbox).Take'],
    resources: ['main.Outbox.changed'],
    victimsAtLeast: 0,
    rule: 'lost-signal',
  },
};
