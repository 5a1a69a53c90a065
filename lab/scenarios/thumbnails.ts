import type { Scenario } from './scenario.js';

/** A batch job: a picture that cannot be read leaves its batch waiting. */
export const thumbnails: Scenario = {
  name: 'thumbnails',
  title: 'a batch job whose workers forget Done on their way out with an error',
  teaches:
    'What must happen on every way out belongs into a defer: Done too. The page that tells how a job is doing still answers when the job has long come to stand.',
  class: 'mixed',
  subtype: 'waitgroup-misuse',
  package: 'thumbnails',
  server: { path: '/progress' },
  drive: { kind: 'self', rounds: 20, withinMs: 20_000 },
  symptom: { kind: 'no-progress', path: '/progress', forMs: 1_500 },
  expect: {
    functions: ['main.(*Job).Run'],
    resources: ['main.(*Job).Run.left'],
    victimsAtLeast: 0,
    rule: 'waitgroup-misuse',
  },
};
