import type { Scenario } from './scenario.js';

/** A board of notices: one is offered over and over to a reader who has left. */
export const bulletin: Scenario = {
  name: 'bulletin',
  title: 'a notice board that offers a notice for ever to a reader who has left',
  teaches:
    'A select with a default does not wait, but the loop around it does, and at full speed. What may never be taken needs a case for the one who leaves.',
  class: 'livelock',
  subtype: 'busy-wait',
  package: 'bulletin',
  server: { path: '/notices' },
  drive: {
    kind: 'requests',
    steps: [
      {
        ...{ kind: 'request', id: 'reader', method: 'GET', path: '/stream' },
        until: { kind: 'streaming' },
      },
      { kind: 'hang-up', of: 'reader', until: { kind: 'left', function: 'main.(*Board).Follow' } },
      { kind: 'request', method: 'POST', path: '/notices', body: ['closed today'], until: { kind: 'sent' } },
      { kind: 'request', method: 'GET', path: '/notices', count: 10, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Reader).deliver'],
    resources: ['main.Board.mu'],
    victimsAtLeast: 2,
    rule: 'busy-wait',
    verdict: 'unknown',
  },
};
