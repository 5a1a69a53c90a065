import type { FleetResult } from '../../lab/fleet/result.js';
import type { FleetSample } from '../../lab/fleet/sample.js';
import { type InstanceState, serviceText } from '../../lab/fleet/state.js';
import type { FleetReport } from '../../lab/report/fleet/read.js';

function sample(second: number, states: readonly InstanceState[], failed = 0): FleetSample {
  return {
    ...{ at: second * 1_000, phase: 'load', service: serviceText(states), load: null },
    through: { answered: failed === 0 ? 2 : 0, failed },
    instances: states.map((state, i) => ({
      ...{ name: `i${i + 1}`, state, why: 'seen so', responsesPerSecond: state === 'serving' ? 4_000 : 0 },
      ...{ cpuShare: 0.2, goroutines: 300, direct: { kind: 'timed-out', ms: 1_000 } },
      balancer: {
        ...{ service: state === 'hung' ? 'down' : 'up', sessions: 9 },
        tcp: { up: true, said: 'L4OK' },
        http: { up: state !== 'hung', said: state === 'hung' ? '<L7TOUT>' : 'L7OK' },
        ...{ connectErrors: 0, responseErrors: 0, retries: 0 },
      },
    })),
  };
}

/** A second apart: `i2` hangs first, then `i1`; the balancer's check of HTTP sees it, that of TCP does not. */
export const samples = [
  sample(0, ['serving', 'serving']),
  sample(1, ['serving', 'hung'], 1),
  sample(2, ['hung', 'hung'], 2),
  sample(3, ['hung', 'hung'], 2),
];

const instance = (name: string, hungAt: number): FleetResult['instances'][number] => ({
  ...{
    name,
    pid: 7,
    url: 'http://127.0.0.1:1/',
    host: 'this machine',
    state: 'hung',
    why: 'nothing was served',
  },
  ...{ hungAt, answeredAgain: 0, seenByHttpMs: -500, seenByTcpMs: null, pausedMs: 3.71, uncaptured: null },
  ...{ core: `${name}/core.7`, exe: `${name}/server` },
  diagnosis: { file: `${name}/diagnosis.json`, verdict: 'deadlock', summary: 'it waits for itself' },
});

export const result: FleetResult = {
  schema: 'lab.fleet/1',
  options: { instances: 2, balancer: 'haproxy', healthCheck: 'http', hosts: 'ports', recover: false },
  balancer: { version: '2.6.12', origin: 'http://127.0.0.1:2', ended: null },
  ...{ service: 'all 2 hung', loadStartedAt: 0, hangs: ['i2', 'i1'], recovery: null, checklist: [] },
  instances: [instance('i1', 2_000), instance('i2', 1_000)],
  findings: [
    {
      ...{ id: 'C1', rule: 'self-blocked-consumer', class: 'communication', subtype: 'channel' },
      ...{ certainty: 'strong', functions: ['main.SetM'], resources: ['main.in'], suggestion: 'do not' },
      instances: ['i1', 'i2'].map((name) => ({
        ...{ name, finding: 'F1', certainty: 'strong' as const, goroutines: [6], victims: 576 },
      })),
      differs: [{ what: 'the value it is sending', values: [{ name: 'i1', value: 'main.Metric{}' }] }],
    },
  ],
};

export const report: FleetReport = {
  samples,
  result,
  diagnosis: undefined,
  record: {
    ...{ schema: 'lab.run/1', id: 'a-fleet', createdAt: '2026-11-30T00:00:00Z', gitCommit: null },
    config: {
      ...{ scenario: 'fleet', fixed: false, target: 'local', load: 'autocannon' },
      ...{ capture: 'helper', build: 'default', probeTimeout: 1 },
    },
    ...{ versions: {}, machine: { os: 'linux', arch: 'x64', cpus: 2, memoryBytes: 1 }, stages: {} },
    conclusion: { verdict: 'confirmed', exitCode: 0, summary: 'all 2 hung', reasons: [] },
  },
};
