import { blog } from './blog.js';
import type { Scenario } from './scenario.js';

/**
 * How the article begins: several instances of its server behind a load balancer. It is no row of the catalogue, whose
 * scenarios are one process each: lab/fleet/ runs it.
 */
export const fleet: Scenario = {
  name: 'fleet',
  title: 'several instances behind a load balancer, which hang one after the other',
  teaches:
    'A hung instance still accepts connections, so a balancer that only connects goes on sending it requests. One that asks over HTTP takes it out, and the others get its load, until they hang too.',
  class: blog.class,
  subtype: blog.subtype,
  package: blog.package,
  server: { path: '/', http2: true },
  drive: {
    kind: 'load',
    // Shared by the instances, and borne by fewer with each that hangs.
    steps: [
      { connections: 1000, pipelining: 10, workers: 2 },
      { connections: 1500, pipelining: 20, workers: 2 },
      { connections: 2000, pipelining: 30, workers: 2 },
    ],
    patienceMs: 5_000,
    durationMs: 40_000,
  },
  symptom: { kind: 'unanswered' },
  expect: blog.expect,
};
