import type { Scenario } from './scenario.js';

/** A pipeline: a stage that fails leaves its output open. */
export const exportScenario: Scenario = {
  name: 'export',
  title: 'a pipeline of which a stage gives up without closing its output',
  teaches:
    'The sender closes a channel, whichever way the sending ends. A stage that returns at an error leaves those after it in a range that has no end.',
  class: 'communication',
  subtype: 'channel',
  package: 'export',
  server: { path: '/progress' },
  drive: { kind: 'self', rounds: 10, withinMs: 4_000 },
  symptom: { kind: 'no-progress', path: '/progress', forMs: 700 },
  expect: {
    functions: ['main.(*pipeline).write'],
    resources: ['main.pipeline.lines'],
    victimsAtLeast: 0,
    rule: 'forgotten-close',
  },
};
