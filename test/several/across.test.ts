import { expect } from 'chai';
import type { Network } from '../../lab/analysis/model/network.js';
import { cyclesAcross, type Process } from '../../lab/several/across.js';
import { acrossFinding } from '../../lab/several/across-finding.js';

const location = { function: 'main.ask', file: '/src/main.go', line: 7 };
type Call = Network['calls'][number];

/** A process in which goroutine 1 holds a lock and asks, and goroutine 2 has a request and waits for that lock. */
function process(
  id: string,
  asks: readonly [local: string, remote: string],
  has: readonly [local: string, remote: string],
  { since = 100, taken = 200 as number | 'not known', givesUp = 'never' as Call['givesUp'] } = {},
): Process {
  const step = {
    object: { kind: 'mutex' as const, address: '0xc000010000', name: 'main.store.mu', state: 'locked' },
    ...{ holder: 1, waiting: 3, holds: { ...location, frame: 4, expression: 's.mu' } },
  };
  const end = { group: 'S1', location };
  return {
    ...{ id, taken: taken === 'not known' ? undefined : taken },
    diagnosis: {
      groups: [],
      network: {
        calls: [{ ...end, goroutine: 1, local: asks[0], remote: asks[1], givesUp }],
        serves: [
          { ...end, goroutine: 2, local: has[0], remote: has[1], since, steps: [step], needs: 1 },
          // A client of nobody's core.
          { ...end, goroutine: 3, local: has[0], remote: '10.0.0.9:55', since, steps: [step], needs: 1 },
        ],
      },
    },
  };
}

const [a, b, c] = ['10.0.0.1:80', '10.0.0.2:80', '10.0.0.3:80'];
const [fromA, fromB, fromC] = ['10.0.0.1:4001', '10.0.0.2:4002', '10.0.0.3:4003'];

const pair = (first: Parameters<typeof process>[3] = {}, second: Parameters<typeof process>[3] = {}) => [
  process('I1', [fromA, b], [a, fromB], first),
  process('I2', [fromB, a], [b, fromA], second),
];

describe('a cycle of requests through processes', () => {
  it('is found where each has what the other one waits for, and is sure', () => {
    const cycles = cyclesAcross(pair());
    expect(cycles).to.have.length(1);
    const [cycle] = cycles;
    if (cycle === undefined) return;
    expect(cycle.doubts).to.deep.equal([]);
    const { certainty, rootCause, instances, victims } = acrossFinding(cycle, 'F1');
    expect(certainty).to.equal('strong');
    expect(instances?.map(({ instance }) => instance)).to.deep.equal(['I1', 'I2']);
    // Two locks at one address of two processes.
    expect(rootCause.resources.filter(({ kind }) => kind === 'mutex')).to.have.length(2);
    expect(victims.goroutines).to.equal(4);
    // It comes back to where it began.
    let at = 'I1.G1';
    for (let i = 0; i < 8; i++) at = rootCause.edges.find(({ from }) => from === at)?.to ?? 'nowhere';
    expect(at).to.equal('I1.G1');
  });

  it('goes through three, and through one that asks itself', () => {
    const ring = [
      process('I1', [fromA, b], [a, fromC]),
      process('I2', [fromB, c], [b, fromA]),
      process('I3', [fromC, a], [c, fromB]),
    ];
    expect(cyclesAcross(ring).map(({ hops }) => hops.length)).to.deep.equal([3]);
    expect(cyclesAcross(ring.slice(0, 2))).to.deep.equal([]);
    expect(cyclesAcross([process('I1', [fromA, a], [a, fromA])])).to.have.length(1);
  });

  it('is none where a request goes to nobody who was looked at, or over another connection', () => {
    expect(cyclesAcross([process('I1', [fromA, b], [a, fromB])])).to.deep.equal([]);
    const other = [process('I1', [fromA, b], [a, fromB]), process('I2', [fromB, a], [b, '10.0.0.1:4009'])];
    expect(cyclesAcross(other)).to.deep.equal([]);
  });

  it('is no deadlock where a deadline ends it', () => {
    expect(cyclesAcross(pair({ givesUp: 'deadline' })).map(({ ends }) => ends)).to.deep.equal([true]);
  });

  it('is only suspected where somebody may give up', () => {
    for (const givesUp of ['cancelled', 'unknown'] as const) {
      const [cycle] = cyclesAcross(pair({}, { givesUp }));
      expect(cycle?.doubts).to.have.length(1);
      expect(cycle && acrossFinding(cycle, 'F1').certainty).to.equal('suspected');
    }
  });

  it('is only suspected where a request may have come after the core of who would have sent it', () => {
    // What I2 works on came when the core of I1 was there already: it may be a later request on that connection.
    const [cycle] = cyclesAcross(pair({ taken: 150, since: 90 }, { taken: 300, since: 150 }));
    expect(cycle?.doubts.join()).to.match(/goroutine 2 of I2 .* when the core of I1 was taken/);
    // Without the time of a file the requests of the process itself tell how late it was.
    expect(
      cyclesAcross(pair({ taken: 'not known', since: 120 }, { taken: 'not known' }))[0]?.doubts,
    ).to.have.length(1);
  });
});
