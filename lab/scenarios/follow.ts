import type { Scenario } from './scenario.js';

/** A context is replaced on its way: who cancels it and who waits for it mean different ones. */
export const follow: Scenario = {
  name: 'follow',
  title: 'a copy that waits for the end of another context than the one which is cancelled',
  teaches:
    'A context made from context.Background never ends, whatever it was made in place of. A helper that wraps a context has to make the new one from the old one.',
  class: 'communication',
  subtype: 'channel-context',
  package: 'follow',
  server: { path: '/followers' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        method: 'PUT',
        path: '/followers/backup',
        until: { kind: 'parked', in: 'main.(*follower).run' },
      },
      { kind: 'request', method: 'POST', path: '/journal', body: ['a line'], until: { kind: 'answered' } },
      { kind: 'request', method: 'DELETE', path: '/followers/backup', until: { kind: 'sent' } },
      { kind: 'request', method: 'GET', path: '/followers', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*follower).run'],
    resources: [],
    victimsAtLeast: 1,
    rule: 'endless-context',
  },
};
