import { expect } from 'chai';
import { watchHolding } from '../../lab/fleet/held.js';
import type { FleetSample } from '../../lab/fleet/sample.js';
import type { InstanceState } from '../../lab/fleet/state.js';

type Row = readonly [state: InstanceState, sessions: number];

function look(at: number, rows: readonly Row[]): FleetSample {
  const counts = { connectErrors: 0, responseErrors: 0, retries: 0 };
  return {
    ...{ at, phase: 'load', service: '', through: { answered: 0, failed: 0 }, load: null },
    instances: rows.map(([state, sessions], i) => ({
      ...{ name: `i${i + 1}`, state, why: '' },
      ...{ responsesPerSecond: null, cpuShare: null, goroutines: null, direct: null },
      balancer: { service: 'up', tcp: null, http: null, sessions, ...counts },
    })),
  };
}

const holding = (rowsAt: (at: number) => readonly Row[]) => {
  const watched = watchHolding();
  for (let at = 0; at <= 20_000; at += 250) watched.onSample(look(at, rowsAt(at)), 1_000);
  return watched.held();
};

describe('clients that hung instances hold', () => {
  it('are all of them where nearly every request in flight is there for seconds', () => {
    expect(
      holding(() => [
        ['hung', 990],
        ['serving', 3],
      ]),
    ).to.deep.equal({ by: ['i1'], sessions: 990, connections: 1_000 });
  });

  it('are not all where others have some, where they come free in time, or where nothing hangs', () => {
    const shared: readonly Row[] = [
      ['hung', 500],
      ['serving', 500],
    ];
    expect(holding(() => shared)).to.equal(undefined);
    expect(holding((at) => [['hung', at % 5_000 < 4_000 ? 990 : 10]])).to.equal(undefined);
    expect(holding(() => [['overloaded', 990]])).to.equal(undefined);
  });
});
