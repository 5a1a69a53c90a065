import { expect } from 'chai';
import { outlooksOf } from '../../../lab/analysis/findings/outlook.js';
import { slowHolders, slowWaits, type WaitFacts } from '../../../lab/analysis/findings/slow.js';
import type { Bucket, Channel } from '../../../lab/analysis/model/snapshot.js';
import { secondsOf } from '../../../lab/analysis/read/dump-engine.js';
import { waitFactsOf } from '../../../lab/analysis/read/wait-facts.js';
import type { RuleInput } from '../../../lab/analysis/rules/rule.js';
import { byObject, waitingBucket } from '../../waiting-bucket.js';

const { signal } = new AbortController();
const at = { function: 'main.(*cache).load', file: '/cache.go', line: 25 };
const holder = waitingBucket(77, { kind: 'live', why: 'sleep' }, at);
const wanting = (id: number) =>
  waitingBucket(id, { kind: 'sync', objectKind: 'mutex', address: 8, mode: 'lock' }, at);

const ticks: Channel = {
  ...{ address: 16, elemType: 'time.Time', count: 0, capacity: 1, closed: false },
  ...{ waiters: { send: 0, receive: 1 }, wokenFromOutside: 'a timer may send to it' },
};

function inputOf(buckets: readonly Bucket[]): RuleInput {
  const how = { operation: 'unlock', expression: 'c.mu', goroutine: 77, frame: 2, ...at, line: 21 } as const;
  const releasers = byObject({
    'receive 24': [{ kind: 'bucket', bucket: '1', certain: false, how } as const],
    'lock 8': [{ kind: 'bucket', bucket: '77', certain: true, holds: true, how } as const],
  });
  return {
    ...{ searches: new Map(), knots: [], unreachedKnots: [], lostKnots: [], suspectedKnots: [] },
    snapshot: {
      goroutines: { total: buckets.length, user: buckets.length, system: 0, blocked: buckets.length },
      ...{ signatures: [], buckets, channels: new Map() },
    },
    graph: { buckets, channels: new Map([[16, ticks]]), releasers },
    someoneRuns: true,
    isLibrary: () => false,
    receivedFrom: () => [],
    nameOf: () => 'main.cache.mu',
  };
}

function told(buckets: readonly Bucket[], facts: ReadonlyMap<number, WaitFacts>) {
  const input = inputOf(buckets);
  const outlooks = outlooksOf({ input, deadlocked: new Set() }, new Set());
  return slowWaits(slowHolders(input, outlooks), facts, input);
}

describe('who is slow', () => {
  const three = [holder, wanting(1), wanting(2)];

  it('is told with how long it has waited, where that is known', () => {
    const [one, ...others] = told(three, new Map([[77, { seconds: 14 * 60 + 5 }]]));
    expect(others).to.deep.equal([]);
    expect(one).to.include({ goroutine: 77, waiting: 2, doing: 'sleeping', seconds: 845 });
    expect(one?.text).to.match(/held by goroutine 77 since \/cache\.go:21, .* for at least 14 minutes$/);
    const [unknown] = told(three, new Map());
    expect(unknown).not.to.have.property('seconds');
    expect(unknown?.text).to.match(/\(\/cache\.go:25\)$/);
    expect(told(three, new Map([[77, { seconds: 1 }]]))[0]?.text).to.match(/for at least 1 second$/);
  });

  it('is told where a timer is all that wakes it, not where it limits another wait', () => {
    const waits = (...channels: number[]) =>
      waitingBucket(
        77,
        { kind: 'channel', cases: channels.map((channel) => ({ channel, direction: 'receive' })) },
        at,
      );
    const behind = [wanting(1), wanting(2)];
    const [one] = told([waits(16), ...behind], new Map([[77, { remote: '10.0.0.7:80' }]]));
    expect(one).to.include({ doing: 'waiting for a timer' });
    expect(one).not.to.have.property('remote');
    expect(told([waits(16, 24), ...behind], new Map())).to.deep.equal([]);
  });

  it('is left out where one goroutine alone is behind it', () => {
    expect(told(three.slice(0, 2), new Map())).to.deep.equal([]);
  });
});

describe('since when goroutines wait', () => {
  const g = { goid: 0, waitSince: 8, sp: 16, stackHi: 24 };

  /** Goroutines 5 and 6 in a list of two, the first noted by the garbage collector at 2 s. */
  async function secondsAt(nanoseconds: number) {
    const words = new Map<number, number>([
      ...[[100, 1000] as const, [108, 2000] as const],
      ...[[1000, 5] as const, [1008, 2e9] as const],
      ...[[2000, 6] as const, [2008, 0] as const],
    ]);
    const source = {
      memory: { u64: (address: number) => words.get(address) },
      layout: { allgs: { base: 100, length: 2 }, g },
      evaluate: () => Promise.resolve({ children: [] }),
      moment: () => Promise.resolve(nanoseconds),
    } as unknown as Parameters<typeof waitFactsOf>[0];
    return await waitFactsOf(source, new Set([5, 6]), signal);
  }

  it('is the time between the note and the latest moment that is known, in whole seconds', async () => {
    const facts = await secondsAt(12.9e9);
    expect(facts.get(5)).to.deep.equal({ seconds: 10 });
    // The garbage collector has not come past it.
    expect(facts.get(6)).to.deep.equal({});
  });

  it('is not told where the clock is behind the note', async () => {
    expect((await secondsAt(1e9)).get(5)).to.deep.equal({});
  });

  it('is whole minutes in a dump', () => {
    const members = [
      { id: 5, minutes: 14, words: [] },
      { id: 6, words: [] },
    ];
    const groups = [{ signature: holder.signature, members }];
    expect([...secondsOf(groups, new Set([5, 6]))]).to.deep.equal([[5, { seconds: 840 }]]);
  });
});
