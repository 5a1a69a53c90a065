import { expect } from 'chai';
import { findKnots } from '../../../lab/analysis/graph/knots.js';
import type { Releaser } from '../../../lab/analysis/graph/releaser.js';
import { deadlockedBuckets, type WaitForGraph } from '../../../lab/analysis/graph/wait-for-graph.js';
import type { Bucket, Channel, ChannelCase, Signature } from '../../../lab/analysis/model/snapshot.js';
import { byObject } from '../../waiting-bucket.js';

const place = { function: 'main.f', file: '/f.go', line: 1 };

function bucketOf(key: string, wait: Bucket['wait'], count = 1): Bucket {
  const signature: Signature = {
    id: key,
    count,
    waitReason: '',
    status: 'waiting',
    system: false,
    exampleIds: [],
    frames: [],
    currentLocation: place,
    userLocation: place,
    startLocation: place,
    goStatementLocation: place,
  };
  return { key, signature, count, ids: [1], wait, elem: 0 };
}

const waits = (key: string, ...cases: ChannelCase[]) => bucketOf(key, { kind: 'channel', cases });
const send = (channel: number): ChannelCase => ({ channel, direction: 'send' });
const receive = (channel: number): ChannelCase => ({ channel, direction: 'receive' });
const live = (key: string) => bucketOf(key, { kind: 'live', why: 'IO wait' });

const how = {
  operation: 'receive',
  expression: 'c',
  file: '',
  line: 1,
  goroutine: 1,
  frame: 0,
  function: '',
} as const;
const by = (bucket: string, certain = true): Releaser => ({ kind: 'bucket', bucket, certain, how });
const open: Releaser = { kind: 'open', why: 'a handler', blind: false };

function graphOf(
  buckets: readonly Bucket[],
  releasers: Readonly<Record<string, readonly Releaser[]>>,
  channels: readonly Channel[] = [],
): WaitForGraph {
  return {
    buckets,
    channels: new Map(channels.map((channel) => [channel.address, channel])),
    releasers: byObject(releasers),
  };
}

describe('the wait-for graph', () => {
  it('calls those deadlocked whom only members of the set could wake', () => {
    const buckets = [waits('consumer', send(1)), waits('handlers', send(1)), live('accept')];
    const graph = graphOf(buckets, { 'send 1': [by('consumer')] });
    const stuck = deadlockedBuckets(graph, 'all');
    expect([...stuck]).to.have.members(['consumer', 'handlers']);
    const [knot, ...others] = findKnots(graph, stuck);
    expect(others).to.deep.equal([]);
    expect(knot?.buckets.map((bucket) => bucket.key)).to.deep.equal(['consumer']);
    expect(knot?.victims.map((bucket) => bucket.key)).to.deep.equal(['handlers']);
  });

  it('frees everyone when one live goroutine can release, however long the chain', () => {
    const buckets = [waits('a', send(1)), waits('b', send(2)), waits('c', receive(3)), live('d')];
    const graph = graphOf(buckets, {
      'send 1': [by('b')],
      'send 2': [by('c')],
      'receive 3': [by('d', false)],
    });
    expect(deadlockedBuckets(graph, 'all').size).to.equal(0);
  });

  it('lets any one case of a select end it', () => {
    const buckets = [waits('a', receive(1), receive(2)), live('b')];
    const graph = graphOf(buckets, { 'receive 1': [], 'receive 2': [by('b')] });
    expect(deadlockedBuckets(graph, 'all').size).to.equal(0);
  });

  it('counts open code only while somebody is left to run it', () => {
    const object = { 'send 1': [open] };
    expect(deadlockedBuckets(graphOf([waits('a', send(1)), live('b')], object), 'all').size).to.equal(0);
    expect(deadlockedBuckets(graphOf([waits('a', send(1))], object), 'all').size).to.equal(1);
  });

  it('takes an object about which nothing is known for released', () => {
    expect(deadlockedBuckets(graphOf([waits('a', send(1))], {}), 'all').size).to.equal(0);
  });

  it('takes a wait that it does not understand for live', () => {
    const lock = bucketOf('lock', { kind: 'unknown', why: 'sync.Mutex.Lock' });
    const graph = graphOf([waits('a', send(1)), lock], { 'send 1': [by('lock')] });
    expect(deadlockedBuckets(graph, 'all').size).to.equal(0);
  });

  it('never frees a nil channel or an empty select', () => {
    const buckets = [
      bucketOf('nil', { kind: 'nil-channel', direction: 'send' }),
      bucketOf('empty', { kind: 'empty-select' }),
    ];
    expect(deadlockedBuckets(graphOf([...buckets, live('b')], {}), 'all').size).to.equal(2);
  });

  it('finds a ring as one knot, and its waiters as victims', () => {
    const buckets = [waits('a', send(1)), waits('b', send(2)), waits('c', send(1)), waits('d', receive(3))];
    const graph = graphOf(buckets, {
      'send 1': [by('b')],
      'send 2': [by('a')],
      'receive 3': [by('c')],
    });
    const [knot, ...others] = findKnots(graph, deadlockedBuckets(graph, 'all'));
    expect(others).to.deep.equal([]);
    expect(knot?.buckets.map((bucket) => bucket.key)).to.have.members(['a', 'b']);
    expect(knot?.victims.map((bucket) => bucket.key)).to.deep.equal(['c']);
    expect(knot?.starved.map((bucket) => bucket.key)).to.deep.equal(['d']);
  });

  it('takes those for victims who queue for a lock of the knot, and for a lock of one of these', () => {
    const lock = (key: string, address: number) =>
      bucketOf(key, { kind: 'sync', objectKind: 'mutex', address, mode: 'lock' });
    const holds = (bucket: string): Releaser => ({ kind: 'bucket', bucket, certain: true, holds: true, how });
    const buckets = [waits('root', send(1)), lock('next', 8), lock('last', 9), waits('idle', receive(2))];
    const graph = graphOf(buckets, {
      'send 1': [],
      'lock 8': [holds('root')],
      'lock 9': [holds('next')],
      'receive 2': [by('last')],
    });
    const [knot] = findKnots(graph, deadlockedBuckets(graph, 'all'));
    expect(knot?.buckets.map((bucket) => bucket.key)).to.deep.equal(['root']);
    expect(knot?.victims.map((bucket) => bucket.key)).to.deep.equal(['next', 'last']);
    expect(knot?.starved.map((bucket) => bucket.key)).to.deep.equal(['idle']);
  });

  it('walks a chain of a hundred thousand without running out of stack', () => {
    const count = 100_000;
    const buckets = Array.from({ length: count }, (_, i) => waits(`g${i}`, send(i)));
    const releasers = Object.fromEntries(buckets.map((_, i) => [`send ${i}`, [by(`g${(i + 1) % count}`)]]));
    const graph = graphOf(buckets, releasers);
    expect(deadlockedBuckets(graph, 'all').size).to.equal(count);
  });
});
