import { expect } from 'chai';
import { createColors } from 'picocolors';
import type { FleetResult } from '../../lab/fleet/result.js';
import type { FleetSample } from '../../lab/fleet/sample.js';
import { type InstanceState, serviceText } from '../../lab/fleet/state.js';
import { fleetMarkdown } from '../../lab/report/fleet/markdown.js';
import type { FleetReport } from '../../lab/report/fleet/read.js';
import { fleetText, timelineLines } from '../../lab/report/fleet/text.js';
import { timelineSvg } from '../../lab/report/fleet/timeline.js';

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

const samples = [
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

const result: FleetResult = {
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

const report: FleetReport = {
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

describe("a fleet's report", () => {
  it('draws each instance over time, a character for each state', () => {
    const [i1 = '', i2 = '', legend = ''] = timelineLines(samples, 80);
    expect(i1).to.match(/^i1 \.+#+$/);
    expect(i2).to.match(/^i2 \.+#+$/);
    expect(i2.indexOf('#'), 'i2 was first').to.be.lessThan(i1.indexOf('#'));
    expect(legend).to.contain('. serving').and.to.contain('# hung');
  });

  it('shows what the checks said under what the instance was in truth', () => {
    const { markup } = timelineSvg(samples, undefined);
    expect(markup.match(/class="hung"/g)).to.have.length(2);
    expect(markup.match(/>bare connect</g)).to.have.length(2);
    expect(markup).to.contain('<title>failed (&lt;L7TOUT&gt;)</title>').and.not.to.contain('<L7TOUT>');
    expect(timelineSvg([], undefined).markup, 'of nothing').to.contain('Nobody looked');
  });

  it('names what a balancer learns from, where it makes no checks', () => {
    const { markup } = timelineSvg(samples, { http: 'never', tcp: 'requests' });
    expect(markup).to.contain('>HTTP, not seen<').and.to.contain('>connects<');
    const nginx = { ...result.balancer, looks: { http: 'never', tcp: 'requests' } } as const;
    const told = fleetMarkdown({ ...report, result: { ...result, balancer: nginx } });
    expect(told).to.contain('| i1 | is never made |').and.to.not.contain('before the lab was sure');
  });

  it('tells one root cause with its instances, and how each core is looked at again', () => {
    const options = { columns: 80, palette: createColors(false), dir: '/runs/a-fleet' };
    const text = fleetText(report, options);
    expect(text).to.contain('as expected: all 2 hung').and.to.contain('one root cause');
    expect(text.replaceAll(/\s+/g, ' ')).to.contain(
      'i1: goroutine 6; the value it is sending: main.Metric{}; 576 goroutines behind',
    );
    expect(text).to.contain('lab analyze --exe /runs/a-fleet/i1/server --core /runs/a-fleet/i1/core.7');
    expect(text.split('\n').filter((line) => line.length > 80 && !line.includes('npx lab'))).to.deep.equal(
      [],
    );
    expect(fleetMarkdown(report)).to.contain('| i1 | failed, 0.5 s before the lab was sure |');
  });

  it('tells what there is of a run that did not come to its end', () => {
    const cut: FleetReport = { ...report, result: undefined, record: { ...report.record, conclusion: null } };
    const options = { columns: 80, palette: createColors(false), dir: '/runs/a-fleet' };
    expect(fleetText(cut, options)).to.contain('no conclusion').and.to.contain('/runs/a-fleet');
    expect(fleetMarkdown(cut)).to.contain('i1 .');
  });
});
