import { expect } from 'chai';
import type { BackendView } from '../../lab/fleet/balancer/balancer.js';
import { type InstanceEvidence, serviceText, stateOf } from '../../lab/fleet/state.js';
import type { Health, ProbeOutcome } from '../../lab/hang/health.js';

const well: BackendView = {
  name: 'i1',
  service: 'up',
  checks: { tcp: { up: true, said: 'L4OK' }, http: { up: true, said: 'L7OK' } },
  ...{ sessions: 0, bytesOut: 0, connectErrors: 0, responseErrors: 0, retries: 0 },
};

const timedOut = (connected: boolean): ProbeOutcome => ({ kind: 'timed-out', at: 0, ms: 1_000, connected });

function seen(
  health: Health,
  more: Partial<InstanceEvidence> = {},
  final = health !== 'healthy' && health !== 'slow',
): InstanceEvidence {
  return {
    act: undefined,
    judgement: { at: 0, health, why: 'seen so', final },
    probes: [],
    backend: well,
    heard: true,
    ...more,
  };
}

describe('the state of an instance', () => {
  const cases: readonly (readonly [state: string, evidence: InstanceEvidence])[] = [
    ['serving', seen('healthy')],
    ['overloaded', seen('slow')],
    ['overloaded', seen('hung-busy')],
    ['overloaded', seen('hung-busy', { heard: false, probes: [timedOut(true)] })],
    ['cut-off', seen('hung-busy', { heard: false, probes: [timedOut(false)] })],
    ['hung', seen('hung-idle', { probes: [timedOut(true), timedOut(true)] })],
    ['cut-off', seen('hung-idle', { probes: [timedOut(false), timedOut(false)] })],
    ['paused', seen('paused')],
    ['ended', seen('crashed')],
    ['refusing', seen('refused')],
    [
      'cut-off',
      seen('refused', {
        probes: [{ kind: 'cut', at: 0, ms: 1, message: 'connect EHOSTUNREACH 198.18.0.2:80' }],
      }),
    ],
    ['drained', seen('healthy', { backend: { ...well, service: 'drained' } })],
    [
      'cut-off',
      seen('healthy', {
        backend: { ...well, checks: { ...well.checks, tcp: { up: false, said: 'L4TOUT' } } },
      }),
    ],
    ['restarting', seen('crashed', { act: 'restarting' })],
    ['starting', { act: undefined, judgement: undefined, probes: [], backend: well, heard: true }],
  ];
  for (const [state, evidence] of cases) {
    const health = evidence.judgement?.health ?? 'nothing';
    it(`is ${state} where ${health} was seen, the balancer's ${evidence.backend?.checks.tcp?.said} beside it`, () => {
      expect(stateOf(evidence).state).to.equal(state);
    });
  }

  it('is no hang as long as the verdict may still go back', () => {
    const evidence = seen('hung-idle', { probes: [timedOut(true)] }, false);
    expect(stateOf(evidence).state).to.equal('overloaded');
  });
});

describe('the service in a phrase', () => {
  it('names first what is worst', () => {
    expect(serviceText(['hung', 'overloaded', 'hung'])).to.equal('2 of 3 hung, 1 overloaded');
    expect(serviceText(['serving', 'cut-off', 'drained'])).to.equal('1 of 3 cut off, 1 drained, 1 serving');
  });

  it('says all where all are alike', () => {
    expect(serviceText(['serving', 'serving', 'serving'])).to.equal('all 3 serving');
    expect(serviceText(['hung'])).to.equal('the only instance is hung');
  });
});
