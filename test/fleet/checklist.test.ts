import { expect } from 'chai';
import { fleetChecklist } from '../../lab/fleet/checklist.js';
import type { Fate } from '../../lab/fleet/fates.js';
import type { FleetSample } from '../../lab/fleet/sample.js';

const hungAt = 1_000;

function look(at: number, tcpUp: boolean): FleetSample {
  const counts = { sessions: 900, connectErrors: 0, responseErrors: 0, retries: 0 };
  const tcp = { up: tcpUp, said: tcpUp ? 'connected' : 'no connection, 504' };
  return {
    ...{ at, phase: 'load', service: '', through: { answered: 0, failed: 0 }, load: null },
    instances: [
      {
        ...{ name: 'i1', state: 'hung', why: '', responsesPerSecond: 0, cpuShare: 0, goroutines: 900 },
        direct: { kind: 'timed-out', ms: 1_000 },
        balancer: { service: 'up', tcp, http: null, ...counts },
      },
    ],
  };
}

const fate: Fate = {
  ...{ name: 'i1', state: 'hung', why: '', hungAt, answeredAgain: 0 },
  ...{ seenByHttpMs: null, seenByTcpMs: null },
};

const connects = (ups: readonly boolean[]) =>
  fleetChecklist({
    ...{ fixed: false, loadStartedAt: 0, fates: [fate] },
    samples: ups.map((up, i) => look(hungAt + i, up)),
  }).find(({ id }) => id === 'connections-taken');

describe("the checklist's row of connections that a hung instance takes", () => {
  it('holds where they are taken, and where a busy balancer missed some of them in the end', () => {
    expect(connects([true, true])).to.include({ outcome: 'holds', seen: 'i1: a bare connect: connected' });
    const late = connects([true, true, true, false]);
    expect(late?.outcome).to.equal('holds');
    expect(late?.seen).to.equal('i1: a bare connect: no connection, 504 (well in 3 of 4 looks)');
  });

  it('fails where they are not', () => {
    expect(connects([true, false, false])?.outcome).to.equal('fails');
  });
});
