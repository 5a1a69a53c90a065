import type { Scenario } from './scenario.js';

/** An export through a pipe: its reader gives up, and the writer is not told. */
export const invoices: Scenario = {
  name: 'invoices',
  title: 'an export into a pipe whose reader returns at the first error and leaves it open',
  teaches:
    'A write to an io.Pipe waits for a read. Whoever stops reading has to close the reading end, or the goroutine that writes is lost, with all that it holds.',
  class: 'communication',
  subtype: 'channel',
  package: 'invoices',
  server: { path: '/archive' },
  drive: {
    kind: 'requests',
    steps: [
      { kind: 'request', method: 'POST', path: '/exports/50', until: { kind: 'answered' } },
      { kind: 'request', method: 'POST', path: '/exports/500', count: 20, until: { kind: 'all-answered' } },
    ],
    rounds: 20,
    withinMs: 10_000,
  },
  symptom: { kind: 'stuck-goroutines', in: 'main.render', atLeast: 19, forMs: 1_000 },
  expect: {
    functions: ['io.(*pipe).write'],
    resources: [],
    victimsAtLeast: 0,
    rule: 'abandoned-pipe',
  },
};
