import type { Scenario } from './scenario.js';

/** Workers that give follow-up work to themselves, through a queue that has an end. */
export const images: Scenario = {
  name: 'images',
  title: 'an image service whose workers put follow-up work into their own bounded queue',
  teaches:
    'The consumer of a queue must not wait for room in it. A pool of several workers only hides that: under load all of them come to the same place.',
  class: 'communication',
  subtype: 'channel',
  package: 'images',
  server: { path: '/images/cover?size=small' },
  drive: {
    kind: 'requests',
    steps: [
      // As many uploads as there are workers, each half sent.
      {
        kind: 'request',
        id: 'uploads',
        method: 'PUT',
        path: '/images/cover',
        body: ['half of a picture, ', 'and the other half'],
        count: 4,
        until: { kind: 'parked', in: 'main.(*Studio).takeIn', goroutines: 4 },
      },
      // More than there is room for in the queue.
      {
        kind: 'request',
        method: 'GET',
        path: '/images/cover?size=large',
        count: 20,
        until: { kind: 'parked', in: 'main.(*Studio).Render', goroutines: 20 },
      },
      { kind: 'send-more', of: 'uploads', until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'unanswered' },
  expect: {
    functions: ['main.(*Studio).warmUp'],
    resources: ['main.Studio.queue'],
    victimsAtLeast: 10,
    rule: 'pool-waits-for-itself',
  },
};
