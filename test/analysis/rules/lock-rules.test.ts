import { expect } from 'chai';
import { claimsOf } from '../../../lab/analysis/findings/apply-rules.js';
import { findKnots, type Knot } from '../../../lab/analysis/graph/knots.js';
import type { Releaser } from '../../../lab/analysis/graph/releaser.js';
import { deadlockedBuckets, type WaitForGraph } from '../../../lab/analysis/graph/wait-for-graph.js';
import type { Bucket, Signature, SyncMode, Wait } from '../../../lab/analysis/model/snapshot.js';
import type { Claim, RuleInput } from '../../../lab/analysis/rules/rule.js';
import { withoutRuledOut } from '../../../lab/analysis/rules/study-waits.js';
import { byObject } from '../../waiting-bucket.js';

const place = { function: 'main.f', file: '/f.go', line: 1 };

function bucketOf(id: number, wait: Wait): Bucket {
  const signature: Signature = {
    ...{
      id: `S${id}`,
      count: 1,
      waitReason: '',
      status: 'waiting',
      system: false,
      exampleIds: [id],
      frames: [],
    },
    ...{ currentLocation: place, userLocation: place, startLocation: place, goStatementLocation: place },
  };
  return { key: String(id), signature, count: 1, ids: [id], wait, elem: 0 };
}

const on = (id: number, address: number, mode: SyncMode) =>
  bucketOf(id, { kind: 'sync', objectKind: mode === 'wait' ? 'waitgroup' : 'mutex', address, mode });
const sending = (id: number, channel: number) =>
  bucketOf(id, { kind: 'channel', cases: [{ channel, direction: 'send' }] });
const live = (id: number) => bucketOf(id, { kind: 'live', why: 'IO wait' });
const how = {
  operation: 'unlock',
  expression: 's.mu',
  file: '/f.go',
  line: 7,
  goroutine: 1,
  frame: 0,
  function: 'main.f',
} as const;
const by = (bucket: number, certain = true): Releaser => ({
  ...{ kind: 'bucket', bucket: String(bucket), certain, how },
  ...(certain ? { holds: true } : {}),
});
/** It may come there, and has nothing. */
const may = (bucket: number) => ({ kind: 'bucket', bucket: String(bucket), certain: false, how }) as const;
const failed = (): never => {
  throw new Error('nothing was found');
};
const open: Releaser = { kind: 'open', why: 'somebody else', blind: false };

function claims(
  buckets: readonly Bucket[],
  releasers: Readonly<Record<string, readonly Releaser[]>>,
  /** Keys of buckets that memory proves lost. */
  unreached: ReadonlySet<string> = new Set(),
): Claim[] {
  const all: WaitForGraph = { buckets, channels: new Map(), releasers: byObject(releasers), unreached };
  const stuck = deadlockedBuckets(all, 'all');
  const graph = withoutRuledOut(all, stuck);
  const knots = findKnots(graph, stuck);
  const isLost = ({ buckets: own }: Knot) => own.every(({ key }) => unreached.has(key));
  const lost = knots.filter(isLost);
  const input: RuleInput = {
    snapshot: {
      goroutines: { total: buckets.length, user: buckets.length, system: 0, blocked: buckets.length },
      ...{ signatures: [], buckets, channels: new Map() },
    },
    graph,
    searches: new Map(),
    knots: knots.filter((knot) => !isLost(knot)),
    suspectedKnots: [],
    unreachedKnots: lost,
    lostKnots: lost,
    someoneRuns: true,
    isLibrary: () => false,
    receivedFrom: () => [],
    nameOf: (address) => `main.o${address}`,
  };
  return [...claimsOf({ input, deadlocked: stuck }).claims];
}

const named = (found: readonly Claim[]) => found.map(({ rule, subtype }) => `${rule}: ${subtype}`);

describe('the rules about locks', () => {
  it('find a goroutine that waits for its own lock, and its victims', () => {
    const found = claims([on(1, 8, 'lock'), on(2, 8, 'lock'), live(3)], { 'lock 8': [by(1)] });
    expect(named(found)).to.deep.equal(['double-lock: double-lock']);
    expect(found[0]?.summary).to.equal(
      'Goroutine 1 waits for main.o8, which it holds itself; 1 goroutine waits behind it.',
    );
  });

  it('find two locks taken in opposite order', () => {
    const found = claims([on(1, 8, 'lock'), on(2, 16, 'lock'), live(3)], {
      'lock 8': [by(2)],
      'lock 16': [by(1)],
    });
    expect(named(found)).to.deep.equal(['lock-order: ab-ba']);
  });

  it('call a wait for workers that are stuck among themselves a victim, though it may come to start more of them', () => {
    const found = claims([on(1, 8, 'lock'), on(2, 16, 'lock'), on(5, 24, 'wait'), live(3)], {
      'lock 8': [by(2)],
      'lock 16': [may(1), may(5)],
      'wait 24': [by(1)],
    });
    expect(named(found)).to.deep.equal(['lock-order: ab-ba']);
    const [{ knot, summary, explanation } = failed()] = found;
    expect(knot.buckets.map(({ key }) => key).sort()).to.deep.equal(['1', '2']);
    expect([...knot.victims, ...knot.starved].map(({ key }) => key)).to.deep.equal(['5']);
    expect(summary).to.contain('wait for locks that only some of them can give back');
    expect(explanation).to.contain('main.o16 is given back only at /f.go:7');
  });

  it('leave the wait in the root cause where it has what its workers need', () => {
    const found = claims([on(1, 8, 'lock'), on(2, 16, 'lock'), on(5, 24, 'wait'), live(3)], {
      'lock 8': [by(2)],
      'lock 16': [may(1), by(5)],
      'wait 24': [by(1)],
    });
    expect(found.flatMap(({ knot }) => knot.buckets.map(({ key }) => key))).to.contain('5');
  });

  it('tell what memory proves and the sources leave open by its own rule, as proved', () => {
    const found = claims([on(1, 8, 'notify'), live(3)], { 'notify 8': [open] }, new Set(['1']));
    expect(named(found)).to.deep.equal(['lost-signal: condvar']);
    expect(found[0]).to.include({ certainty: 'proved' });
    expect(found[0]?.explanation).to.contain('Memory proves that nobody comes');
  });

  it('tell no story of what memory proves where a holder was not seen for certain', () => {
    const perhaps: Releaser = { ...may(2), mayHold: 'perhaps' };
    const found = claims([on(2, 8, 'lock'), live(3)], { 'lock 8': [perhaps] }, new Set(['2']));
    expect(found.map(({ rule, certainty }) => `${rule} ${certainty}`)).to.deep.equal([
      'unreachable-object proved',
    ]);
  });

  it('are sure of a ring of locks only where the holder of each was seen', () => {
    const ring = [on(1, 8, 'lock'), on(2, 9, 'lock'), live(3)];
    const certainty = (inner: Releaser) =>
      claims(ring, { 'lock 8': [by(2)], 'lock 9': [inner] }).map((one) => `${one.rule} ${one.certainty}`);
    expect(certainty(by(1))).to.deep.equal(['lock-order strong']);
    expect(certainty(may(1))).to.deep.equal(['lock-order suspected']);
    expect(certainty({ ...may(1), mayHold: 'likely' })).to.deep.equal(['lock-order suspected']);
  });

  it('find a lock that nobody is left to give back, unless somebody may', () => {
    const buckets = [on(1, 8, 'lock'), live(3)];
    expect(named(claims(buckets, { 'lock 8': [] }))).to.deep.equal(['leaked-lock: double-lock']);
    expect(claims(buckets, { 'lock 8': [open] })).to.deep.equal([]);
    expect(claims(buckets, { 'lock 8': [by(3, false)] })).to.deep.equal([]);
    expect(claims(buckets, {})).to.deep.equal([]);
  });

  it('find a reader that reads again behind a writer', () => {
    const found = claims([on(1, 8, 'rlock'), on(2, 8, 'drain'), live(3)], {
      'rlock 8': [by(2)],
      'drain 8': [by(1)],
    });
    expect(named(found)).to.deep.equal(['read-write-read: rwr']);
  });

  it('does not say of who waits to read alone that it has read before', () => {
    const { holds: _, ...unlocks } = by(1) as Extract<Releaser, { kind: 'bucket' }>;
    const found = claims([on(1, 8, 'rlock'), on(2, 8, 'drain'), live(3)], {
      'rlock 8': [by(2)],
      'drain 8': [unlocks],
    });
    expect(found.map(({ rule }) => rule)).to.not.include('read-write-read');
  });

  it('find a channel that is used under the lock its peer needs', () => {
    const found = claims([sending(1, 4), on(2, 8, 'lock'), live(3)], {
      'send 4': [by(2)],
      'lock 8': [by(1)],
    });
    expect(named(found)).to.deep.equal(['channel-lock: channel-lock']);
  });

  it('tell of those who wait for such a lock only who was seen to serve the channel', () => {
    const leads: Releaser = { ...may(3), how: { ...how, operation: 'receive', leads: true } };
    const serves: Releaser = { ...may(2), how: { ...how, operation: 'receive' } };
    const buckets = [sending(1, 4), on(2, 8, 'lock'), on(3, 8, 'lock'), live(5)];
    const [found = failed()] = claims(buckets, { 'send 4': [serves, leads], 'lock 8': [by(1)] });
    expect(found.rule).to.equal('channel-lock');
    expect(found.summary).to.contain('goroutine 2 needs before it can serve the channel');
  });

  it('find a group that waits for those who wait for it, and one without workers', () => {
    const found = claims([on(1, 8, 'wait'), sending(2, 4), live(3)], {
      'send 4': [by(1)],
      'wait 8': [by(2)],
    });
    expect(named(found)).to.deep.equal(['channel-waitgroup: channel-waitgroup']);
    const lonely = claims([on(1, 8, 'wait'), live(3)], { 'wait 8': [] });
    expect(named(lonely)).to.deep.equal(['waitgroup-misuse: waitgroup-misuse']);
  });

  it('find a condition variable that nobody signals', () => {
    const found = claims([on(1, 8, 'notify'), live(3)], { 'notify 8': [] });
    expect(named(found)).to.deep.equal(['lost-signal: condvar']);
  });

  it('keep a writer stuck behind one reader that is stuck, though another one runs', () => {
    const buckets = [on(1, 8, 'drain'), on(2, 16, 'lock'), live(3)];
    const releasers = { 'drain 8': [by(2), by(3)], 'lock 16': [] };
    const graph = { buckets, channels: new Map(), releasers: byObject(releasers) };
    expect([...deadlockedBuckets(graph, 'all')]).to.have.members(['1', '2']);
  });

  it('leave a lock alone whose holder runs', () => {
    expect(claims([on(1, 8, 'lock'), live(3)], { 'lock 8': [by(3)] })).to.deep.equal([]);
  });
});
