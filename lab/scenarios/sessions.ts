import type { Scenario } from './scenario.js';

/** Who is logged in: a second login forgets the first one's session, and with it the way to end it. */
export const sessions: Scenario = {
  name: 'sessions',
  title: 'a login desk that forgets a session instead of ending it',
  teaches:
    'The cancel function of a context is a debt: code that overwrites its last copy leaves everything waiting that was to end with the context. The service answers as ever, and grows.',
  class: 'communication',
  subtype: 'channel-context',
  package: 'sessions',
  server: { path: '/seats' },
  drive: {
    kind: 'requests',
    steps: [
      {
        kind: 'request',
        method: 'POST',
        path: '/sessions/anna',
        count: 20,
        until: { kind: 'all-answered' },
      },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'stuck-goroutines', in: 'main.(*Desk).holdSeat', atLeast: 19, forMs: 1_000 },
  expect: { functions: ['main.(*Desk).holdSeat'], resources: [], victimsAtLeast: 0 },
};
