import { expect } from 'chai';
import { outlooksOf } from '../../../lab/analysis/findings/outlook.js';
import { suspectsAmong, unclearWaits } from '../../../lab/analysis/findings/suspects.js';
import type { Releaser } from '../../../lab/analysis/graph/releaser.js';
import { deadlockedBuckets } from '../../../lab/analysis/graph/wait-for-graph.js';
import type { Bucket, Wait } from '../../../lab/analysis/model/snapshot.js';
import type { RuleInput } from '../../../lab/analysis/rules/rule.js';
import { byObject, waitingBucket } from '../../waiting-bucket.js';

const place = { function: 'main.put', file: '/f.go', line: 7 };

const bucketOf = (id: number, wait: Wait, at = place) => waitingBucket(id, wait, at);

const on = (id: number, channel: number, direction: 'send' | 'receive', at = place) =>
  bucketOf(id, { kind: 'channel', cases: [{ channel, direction }] }, at);
const sync = (id: number, address: number, mode: 'lock' | 'wait' | 'notify') =>
  bucketOf(id, { kind: 'sync', objectKind: 'mutex', address, mode });
const live = bucketOf(99, { kind: 'live', why: 'IO wait' });
const may: Releaser = { kind: 'open', why: 'a handler may come', blind: false };
const blind: Releaser = { kind: 'open', why: 'a stack could not be read', blind: true };
const by = (bucket: number, more: Partial<Extract<Releaser, { kind: 'bucket' }>> = {}): Releaser => ({
  ...{ kind: 'bucket', bucket: String(bucket), certain: true },
  how: {
    ...{ operation: 'receive', expression: 'c', file: '/f.go', line: 9, goroutine: bucket, frame: 1 },
    function: 'main.take',
  },
  ...more,
});

interface Situation {
  readonly buckets: readonly Bucket[];
  readonly releasers: Readonly<Record<string, readonly Releaser[]>>;
  readonly isLibrary?: boolean;
  readonly claimed?: readonly Bucket[];
}

function look({ buckets, releasers, isLibrary = false, claimed = [] }: Situation) {
  const all = [...buckets, live];
  const input: RuleInput = {
    snapshot: {
      goroutines: { total: 0, user: 0, system: 0, blocked: 0 },
      ...{ signatures: [], buckets: all, channels: new Map() },
    },
    graph: { buckets: all, channels: new Map(), releasers: byObject(releasers) },
    ...{
      searches: new Map(),
      knots: [],
      unreachedKnots: [],
      lostKnots: [],
      suspectedKnots: [],
      someoneRuns: true,
    },
    isLibrary: () => isLibrary,
    receivedFrom: () => [],
    nameOf: (address) => `main.c${address}`,
  };
  const outlooks = outlooksOf({ input, deadlocked: deadlockedBuckets(input.graph, 'all') }, new Set(claimed));
  const unclear = unclearWaits(input, outlooks.of);
  return {
    kinds: buckets.map((bucket) => outlooks.of.get(bucket)?.kind),
    suspects: suspectsAmong(unclear, outlooks.of, input).map(({ text }) => text),
    told: buckets.map((bucket) => outlooks.releasersOf(bucket).map(({ who, counts }) => `${who} ${counts}`)),
  };
}

describe('the outlook of a goroutine', () => {
  const sender = on(1, 5, 'send');

  it('is that its wait ends where something alive was seen to end it', () => {
    const chain = [sender, on(2, 6, 'receive')];
    const { kinds, suspects } = look({
      buckets: chain,
      releasers: { 'send 5': [by(2)], 'receive 6': [by(99)] },
    });
    expect(kinds).to.deep.equal(['ends', 'ends']);
    expect(suspects).to.deep.equal([]);
  });

  it('is unclear where somebody may come, and a suspect where that must not be for ever', () => {
    const { kinds, suspects } = look({ buckets: [sender], releasers: { 'send 5': [may] } });
    expect(kinds).to.deep.equal(['unclear']);
    expect(suspects).to.deep.equal([
      'main.c5: 1 goroutine waits in main.put (/f.go:7); nothing that ends it was seen; possible: a handler may come',
    ]);
  });

  it('is idle for a receiver that what is alive may bring work to, if nobody waits for it', () => {
    const worker = on(2, 6, 'receive');
    const work = { 'receive 6': [may] };
    expect(look({ buckets: [worker], releasers: work })).to.deep.include({ kinds: ['idle'], suspects: [] });
    const wanted = look({ buckets: [worker, sender], releasers: { ...work, 'send 5': [by(2)] } });
    expect(wanted.kinds).to.deep.equal(['unclear', 'unclear']);
    expect(wanted.suspects).to.have.length(1);
  });

  it('is idle for the receiver behind another idle one', () => {
    const { kinds } = look({
      buckets: [on(1, 5, 'receive'), on(2, 6, 'receive')],
      releasers: { 'receive 5': [by(2)], 'receive 6': [may] },
    });
    expect(kinds).to.deep.equal(['idle', 'idle']);
  });

  it('is that of its workers for who waits for a group, as long as each was seen', () => {
    const group = (workers: readonly Releaser[]) =>
      look({
        buckets: [sync(1, 8, 'wait'), on(2, 6, 'receive')],
        releasers: { 'wait 8': workers, 'receive 6': [may] },
      }).kinds[0];
    expect(group([by(2)])).to.equal('idle');
    expect(group([by(99)])).to.equal('ends');
    expect(group([by(2, { certain: false })])).to.equal('idle');
    expect(group([by(2, { certain: false }), may])).to.equal('unclear');
  });

  it('is not told of who waits in vain for work that nobody was able to look for', () => {
    const { kinds, suspects } = look({
      buckets: [on(2, 6, 'receive')],
      releasers: { 'receive 6': [blind] },
    });
    expect(kinds).to.deep.equal(['unclear']);
    expect(suspects).to.deep.equal([]);
  });

  it('is stuck in a finding, and idle where a program is only kept running', () => {
    const nobody = { 'send 5': [] };
    expect(look({ buckets: [sender], releasers: nobody, claimed: [sender] }).kinds).to.deep.equal(['stuck']);
    expect(look({ buckets: [sender], releasers: nobody }).kinds).to.deep.equal(['idle']);
  });

  it('makes no suspect of a wait for a lock of the library', () => {
    const { suspects } = look({
      buckets: [sync(1, 8, 'lock')],
      releasers: { 'lock 8': [may] },
      isLibrary: true,
    });
    expect(suspects).to.deep.equal([]);
  });

  it('is explained by who counts, and who does not', () => {
    const stuck = on(2, 7, 'send');
    const { told } = look({
      buckets: [sender, stuck],
      releasers: {
        'send 5': [by(99), by(99, { certain: false }), by(2), may],
        'send 7': [],
      },
    });
    expect(told[0]).to.deep.equal(['G99 certain', 'G99 may', 'G2 ruled-out', 'code that is on no stack may']);
  });

  it('has at most five suspects, those first that most wait for', () => {
    const buckets = Array.from({ length: 7 }, (_, i) => ({ ...on(i + 1, i, 'send'), count: i + 1 }));
    const releasers = Object.fromEntries(buckets.map((_, i) => [`send ${i}`, [may]]));
    const counts = look({ buckets, releasers }).suspects.map((text) => Number(/: (\d+) /.exec(text)?.[1]));
    expect(counts).to.deep.equal([7, 6, 5, 4, 3]);
  });

  it('is unclear of the workers that a handler waits for, where a clock may pass all of them by', () => {
    const handler = sync(1, 4, 'wait');
    const served = { function: 'net/http.serverHandler.ServeHTTP', file: '/server.go', line: 1 };
    const frames = [...handler.signature.frames, { ...served, index: 3, inlined: false }];
    const group = { ...handler, signature: { ...handler.signature, frames } };
    const worker = sync(2, 8, 'notify');
    const other = sync(3, 8, 'notify');
    const releasers = (passing: boolean) => ({
      'wait 4': [by(2)],
      'notify 8': [
        by(99, { certain: false, ...(passing ? { passing } : {}) }),
        by(3, { certain: false }),
        may,
      ],
    });
    const buckets = [group, worker, other];
    expect(look({ buckets, releasers: releasers(true) }).kinds).to.deep.equal(['unclear', 'unclear', 'idle']);
    expect(look({ buckets, releasers: releasers(false) }).kinds).to.deep.equal(['idle', 'idle', 'idle']);
    // Where no handler waits for them, they wait for work.
    const idle = look({ buckets: [worker, other], releasers: releasers(true) });
    expect(idle.kinds).to.deep.equal(['idle', 'idle']);
  });
});
