import { expect } from 'chai';
import { fatesOf, orderOfHangs } from '../../lab/fleet/fates.js';
import type { FleetSample, Phase } from '../../lab/fleet/sample.js';
import { type InstanceState, serviceText } from '../../lab/fleet/state.js';

interface Look {
  readonly state: InstanceState;
  readonly http?: boolean;
}

function sample(at: number, looks: Readonly<Record<string, Look>>, phase: Phase = 'load'): FleetSample {
  const check = (up: boolean) => ({ up, said: '' });
  return {
    ...{ at, phase, through: { answered: 0, failed: 0 }, load: null },
    service: serviceText(Object.values(looks).map(({ state }) => state)),
    instances: Object.entries(looks).map(([name, { state, http = true }]) => ({
      ...{ name, state, why: state, responsesPerSecond: 0, cpuShare: 0, goroutines: 9, direct: null },
      balancer: {
        ...{ service: 'up', tcp: check(true), http: check(http) },
        ...{ sessions: 0, connectErrors: 0, responseErrors: 0, retries: 0 },
      },
    })),
  };
}

describe('what became of each instance', () => {
  it('says when it hung, in which order, and when the checks saw it', () => {
    const fates = fatesOf([
      sample(1_000, { i1: { state: 'serving' }, i2: { state: 'serving' } }),
      sample(2_000, { i1: { state: 'serving' }, i2: { state: 'hung' } }),
      sample(3_000, { i1: { state: 'overloaded', http: false }, i2: { state: 'hung', http: false } }),
      sample(4_000, { i1: { state: 'hung', http: false }, i2: { state: 'hung', http: false } }, 'settle'),
    ]);
    expect(
      fates.map(({ name, hungAt, seenByHttpMs, seenByTcpMs }) => [name, hungAt, seenByHttpMs, seenByTcpMs]),
    ).to.deep.equal([
      ['i1', 4_000, -1_000, null],
      ['i2', 2_000, 1_000, null],
    ]);
    expect(orderOfHangs(fates)).to.deep.equal(['i2', 'i1']);
  });

  it('calls an instance that answered again no hang, and counts it', () => {
    const [fate] = fatesOf([
      sample(1_000, { i1: { state: 'hung' } }),
      sample(2_000, { i1: { state: 'overloaded' } }),
      sample(3_000, { i1: { state: 'serving' } }, 'settle'),
    ]);
    expect(fate).to.deep.include({ state: 'serving', hungAt: null, answeredAgain: 1 });
  });

  it('is what it was before anything was restarted', () => {
    const [fate] = fatesOf([
      sample(1_000, { i1: { state: 'hung' } }, 'settle'),
      sample(2_000, { i1: { state: 'restarting' } }, 'recover'),
      sample(3_000, { i1: { state: 'serving' } }, 'recover'),
    ]);
    expect(fate).to.deep.include({ state: 'hung', hungAt: 1_000 });
  });

  it('is nothing where nobody looked', () => {
    expect(fatesOf([])).to.deep.equal([]);
  });
});
