import { expect } from 'chai';
import { findKnots } from '../../../lab/analysis/graph/knots.js';
import type { ReleaseEvidence, Releaser } from '../../../lab/analysis/graph/releaser.js';
import { deadlockedBuckets, type WaitForGraph } from '../../../lab/analysis/graph/wait-for-graph.js';
import type { Bucket, Channel, Wait } from '../../../lab/analysis/model/snapshot.js';
import { waitObject } from '../../../lab/analysis/model/wait-object.js';
import type { ChannelHistory, ReleaserSearch } from '../../../lab/analysis/releasers/search.js';
import { rules } from '../../../lab/analysis/rules/index.js';
import type { Claim, RuleInput } from '../../../lab/analysis/rules/rule.js';
import { byObject, waitingBucket } from '../../waiting-bucket.js';

const place = { function: 'main.f', file: '/f.go', line: 1 };

const bucketOf = (id: number, wait: Wait) => waitingBucket(id, wait, place);

const sending = (id: number, channel: number) =>
  bucketOf(id, { kind: 'channel', cases: [{ channel, direction: 'send' }] });
const receiving = (id: number, ...channels: number[]) =>
  bucketOf(id, {
    kind: 'channel',
    cases: channels.map((channel) => ({ channel, direction: 'receive' as const })),
  });
const live = bucketOf(9, { kind: 'live', why: 'IO wait' });

function by(bucket: number, operation: 'send' | 'receive' | 'close', more: Partial<ReleaseEvidence> = {}) {
  const how = { operation, expression: 'c', file: '/f.go', line: 7, goroutine: bucket, frame: 5 } as const;
  return {
    ...{ kind: 'bucket', bucket: String(bucket), certain: true },
    how: { ...how, function: 'main.f', ...more },
  } satisfies Releaser;
}
const open: Releaser = { kind: 'open', why: 'a handler', blind: false };

const told = (function_: string) => ({
  function: function_,
  file: '/f.go',
  line: 3,
  kind: 'send',
  expression: 'c',
});
const silent: ChannelHistory = { sends: [], closes: [], departures: [], holders: new Set() };

interface Known {
  readonly releasers: readonly Releaser[];
  readonly story?: Partial<ChannelHistory>;
  readonly contexts?: ReleaserSearch['contexts'];
}

function claims(buckets: readonly Bucket[], known: Readonly<Record<string, Known>>): Claim[] {
  const channels = new Map<number, Channel>();
  const found = byObject(known);
  const graph: WaitForGraph = {
    ...{ buckets, channels },
    releasers: new Map([...found].map(([object, { releasers }]) => [object, releasers])),
  };
  const searches = [...found].map(([object, { releasers, story, contexts }]) => {
    const search: ReleaserSearch = {
      ...{ releasers, contexts },
      ...{ operations: [], story: { ...silent, ...story } },
    };
    return [object, search] as const;
  });
  const input: RuleInput = {
    snapshot: {
      goroutines: { total: buckets.length, user: buckets.length, system: 0, blocked: buckets.length },
      ...{ signatures: [], buckets, channels },
    },
    ...{
      graph,
      searches: new Map(searches),
      suspectedKnots: [],
      unreachedKnots: [],
      lostKnots: [],
      someoneRuns: true,
    },
    knots: findKnots(graph, deadlockedBuckets(graph, 'all')),
    isLibrary: () => false,
    receivedFrom: () => [],
    nameOf: (address) => `main.c${Math.min(address, 100)}`,
  };
  return rules.flatMap((rule) => rule.apply(input));
}

const named = (found: readonly Claim[]) => found.map(({ rule, subtype }) => `${rule}: ${subtype}`);
const send = (channel: number) => `send ${channel}`;
const receive = (channel: number) => `receive ${channel}`;

describe('the rules about channels', () => {
  it('find a close that was forgotten, unless somebody may still send', () => {
    const story = { sends: [told('main.produce')] };
    const found = claims([receiving(2, 4), live], { [receive(4)]: { releasers: [], story } });
    expect(named(found)).to.deep.equal(['forgotten-close: channel']);
    expect(found[0]?.explanation).to.include('It is sent to at /f.go:3 (main.produce)');
    expect(claims([receiving(2, 4), live], { [receive(4)]: { releasers: [open], story } })).to.deep.equal([]);
  });

  it('say only that nobody is there, where nothing in the program ever sends or receives', () => {
    expect(named(claims([receiving(2, 4), live], { [receive(4)]: { releasers: [] } }))).to.deep.equal([
      'channel-knot: channel',
    ]);
    expect(named(claims([sending(2, 4), live], { [send(4)]: { releasers: [] } }))).to.deep.equal([
      'channel-knot: channel',
    ]);
  });

  it('take the cases of one select for one story', () => {
    const story = { closes: [told('main.stop')] };
    const found = claims([receiving(2, 4, 8), live], {
      [receive(4)]: { releasers: [], story },
      [receive(8)]: { releasers: [], story },
    });
    expect(named(found)).to.deep.equal(['forgotten-close: channel']);
    expect(found[0]?.knot.objects).to.have.members([waitObject('receive', 4), waitObject('receive', 8)]);
  });

  it('tell where the receiver of leaked senders went, once for all of them', () => {
    const left = { function: 'main.find', file: '/f.go', line: 3, how: 'timeout', at: 5 } as const;
    const story = { departures: [{ ...left, made: true, onStack: false }] };
    const found = claims([sending(1, 100), sending(2, 200), live], {
      [send(100)]: { releasers: [], story },
      [send(200)]: { releasers: [], story },
    });
    expect(named(found)).to.deep.equal(['leaked-sender: channel']);
    expect(found[0]?.explanation).to.equal(
      'main.find receives from it at /f.go:3 unless it times out first (line 5), and that function, which made the channel, has returned.',
    );
    expect(found[0]?.knot.buckets).to.have.length(2);
  });

  it('tell of leaked senders the close that their receiver forgot on its way out', () => {
    const left = { function: 'main.find', file: '/f.go', line: 3, how: 'return', at: 5 } as const;
    const sender = bucketOf(1, {
      kind: 'channel',
      cases: [
        { channel: 4, direction: 'send' },
        { channel: 8, direction: 'receive' },
      ],
    });
    const look = (leftBefore?: number, closesItself = true) =>
      claims([sender, live], {
        [send(4)]: {
          releasers: closesItself ? [by(1, 'close')] : [],
          story: { departures: [{ ...left, made: false, onStack: false }] },
        },
        [receive(8)]: {
          releasers: [],
          story: { closes: [{ ...told('main.find'), ...(leftBefore === undefined ? {} : { leftBefore }) }] },
        },
      }).find(({ rule }) => rule === 'leaked-sender');
    expect(look(5)?.explanation).to.include(
      'The select would also end by a close of main.c8: it is closed at /f.go:3 (main.find, which may return before, at line 5)',
    );
    expect(look(5)?.suggestion).to.equal('Close main.c8 on every way out of main.find: with defer.');
    expect(look()?.explanation).to.not.include('The select');
    expect(look(5, false)?.explanation).to.equal(look(5)?.explanation);
    expect(look(5, false)?.summary).to.match(/^Goroutine 1 waits to send to main\.c4 /);
  });

  it('tell a consumer that feeds itself from a pool that does', () => {
    expect(
      named(claims([sending(1, 4), live], { [send(4)]: { releasers: [by(1, 'receive')] } })),
    ).to.deep.equal(['self-blocked-consumer: channel']);
    const two = { releasers: [by(1, 'receive'), by(2, 'receive')] };
    const found = claims([sending(1, 4), sending(2, 4), sending(3, 4), live], { [send(4)]: two });
    expect(named(found)).to.deep.equal(['pool-waits-for-itself: channel']);
    expect(found[0]?.knot.victims.map(({ ids }) => ids[0])).to.deep.equal([3]);
  });

  it('take those who wait for a first slot for victims of those who want a second one', () => {
    const releasers = [by(1, 'receive'), by(2, 'receive'), by(3, 'receive')];
    const found = claims([sending(1, 4), sending(2, 4), sending(3, 4), live], {
      [send(4)]: { releasers, story: { holders: new Set(['1', '2']) } },
    });
    expect(found[0]?.summary).to.match(/^2 goroutines \(1, 2\) hold the slots .* 1 goroutine waits behind/);
  });

  it('tell workers that wait for results of their own pool from workers without work', () => {
    const task = { calledAt: '/f.go:9' };
    const busy = [by(1, 'send', task), by(2, 'send', task)];
    const found = claims([receiving(1, 4), receiving(2, 8), live], {
      [receive(4)]: { releasers: busy },
      [receive(8)]: { releasers: busy },
    });
    expect(named(found)).to.deep.equal(['pool-waits-for-itself: channel']);
    const idle = [by(1, 'send', { ...task, frame: 2 }), by(2, 'send', { ...task, frame: 2 })];
    const story = { sends: [told('main.task')] };
    expect(
      named(claims([receiving(1, 4), receiving(2, 4), live], { [receive(4)]: { releasers: idle, story } })),
    ).to.deep.equal(['forgotten-close: channel']);
  });

  it('find a ring of senders; other rings are knots', () => {
    const ring = claims([sending(1, 4), sending(2, 8), live], {
      [send(4)]: { releasers: [by(2, 'receive')] },
      [send(8)]: { releasers: [by(1, 'receive')] },
    });
    expect(named(ring)).to.deep.equal(['channel-ring: channel']);
    const knot = claims([receiving(1, 4), receiving(2, 8), live], {
      [receive(4)]: { releasers: [by(2, 'send')] },
      [receive(8)]: { releasers: [by(1, 'send')] },
    });
    expect(named(knot)).to.deep.equal(['channel-knot: channel']);
    expect(knot[0]?.explanation).to.match(
      /Goroutine 2 would send to \S+ at \S+:\d+ in \S+, and does not get there/,
    );
  });

  it('find a context that nobody can cancel, unless somebody may', () => {
    const origin = { name: 'main.run.ctx', function: 'main.run', file: '/f.go', line: 4, cancels: [] };
    const contexts = [{ ...origin, discarded: true }];
    const found = claims([receiving(2, 4), live], { [receive(4)]: { releasers: [], contexts } });
    expect(named(found)).to.deep.equal(['channel-context: channel-context']);
    expect(found[0]?.explanation).to.include('where its cancel function is assigned to _');
    const behind = claims([receiving(2, 4), receiving(3, 8), live], {
      [receive(4)]: { releasers: [by(3, 'close')], contexts: [{ ...origin, discarded: false }] },
      [receive(8)]: { releasers: [by(2, 'send')] },
    });
    expect(named(behind)).to.deep.equal(['channel-context: channel-context']);
    expect(claims([receiving(2, 4), live], { [receive(4)]: { releasers: [open], contexts } })).to.deep.equal(
      [],
    );
  });
});
