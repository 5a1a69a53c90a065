import type { Scenario } from './scenario.js';

/** A crawler: who hands out the work waits for room among those who wait to hand in theirs. */
export const crawler: Scenario = {
  name: 'crawler',
  title: 'a crawler that waits at a turnstile for fetchers which wait to hand it their links',
  teaches:
    'A limit is a resource like a lock: who waits for room must not be the one whom those inside need before they leave. A condition variable and a channel make a ring as two locks do.',
  class: 'communication',
  subtype: 'channel-condvar',
  package: 'crawler',
  server: { path: '/pages' },
  drive: { kind: 'self', rounds: 10, withinMs: 5_000 },
  symptom: { kind: 'no-progress', path: '/pages', forMs: 1_000 },
  expect: {
    functions: ['main.(*Turnstile).enter'],
    resources: ['main.Turnstile.left', 'main.crawl.links'],
    victimsAtLeast: 0,
    rule: 'lost-signal',
  },
};
