import { readFile } from 'node:fs/promises';
import { expect } from 'chai';
import { claimsOf } from '../../../lab/analysis/findings/apply-rules.js';
import { nothingRead, verdictOf } from '../../../lab/analysis/findings/verdict.js';
import type { Releaser } from '../../../lab/analysis/graph/releaser.js';
import { deadlockedBuckets } from '../../../lab/analysis/graph/wait-for-graph.js';
import type { Finding } from '../../../lab/analysis/model/diagnosis.js';
import type { Bucket, Wait } from '../../../lab/analysis/model/snapshot.js';
import type { WaitObject } from '../../../lab/analysis/model/wait-object.js';
import { objectsOf, waitObject } from '../../../lab/analysis/model/wait-object.js';
import type { Claim, Rule, RuleInput } from '../../../lab/analysis/rules/rule.js';
import { waitingBucket } from '../../waiting-bucket.js';

const at = { function: 'main.f', file: '/f.go', line: 7 };
const may: Releaser = { kind: 'open', why: 'a handler may come', blind: false };

const bucketOf = (id: number, wait: Wait) => waitingBucket(id, wait, at);

const channel = (direction: 'send' | 'receive') =>
  bucketOf(1, { kind: 'channel', cases: [{ channel: 8, direction }] });
const sync = (mode: 'lock' | 'wait' | 'notify') =>
  bucketOf(1, { kind: 'sync', objectKind: 'mutex', address: 8, mode });
const live = bucketOf(9, { kind: 'live', why: 'IO wait' });

interface Found {
  readonly buckets?: readonly Bucket[];
  readonly releasers?: readonly (readonly [WaitObject, readonly Releaser[]])[];
  readonly certainty?: Claim['certainty'];
}

const unclear = (bucket: Bucket): Found => ({
  buckets: [bucket],
  releasers: objectsOf(bucket).map((object) => [object, [may]] as const),
});
const blindReceiver = (): Found => ({
  buckets: [channel('receive')],
  releasers: [[waitObject('receive', 8), [{ ...may, blind: true }]]],
});

/** A handler that alone was seen to come to end its own wait. */
function amongThemselves(): Found {
  const bucket = channel('receive');
  const handler = { function: 'net/http.serverHandler.ServeHTTP', file: '/server.go', line: 1 };
  const frames = [...bucket.signature.frames, { ...handler, index: 3, inlined: false }];
  const how = { operation: 'send', expression: 'c', file: '/f.go', line: 9, goroutine: 1, frame: 2 } as const;
  const own: Releaser = {
    ...{ kind: 'bucket', bucket: bucket.key, certain: false },
    how: { ...how, function: 'main.f' },
  };
  return {
    buckets: [{ ...bucket, signature: { ...bucket.signature, frames } }],
    releasers: [[waitObject('receive', 8), [own, may]]],
  };
}

const rows: Readonly<Record<string, Found>> = {
  'a finding that is `proved`': { certainty: 'proved' },
  'a finding that is `strong`': { certainty: 'strong' },
  'a finding that is `suspected`': { certainty: 'suspected' },
  'a sender that is `unclear`': unclear(channel('send')),
  'a goroutine that wants a lock and is `unclear`': unclear(sync('lock')),
  'a goroutine that waits for a group and is `unclear`': unclear(sync('wait')),
  'a goroutine that waits for a condition and is `unclear`': {
    buckets: [sync('notify')],
    releasers: [[waitObject('notify', 8), [{ ...may, blind: true }]]],
  },
  'a handler that is `unclear`: who would help it waits for the same': amongThemselves(),
  'a wait that was not understood': { buckets: [bucketOf(1, { kind: 'unknown', why: 'pondering' })] },
  'a receiver that is `unclear`': { buckets: [channel('receive')], releasers: [] },
  'waits that are `idle` or that end': unclear(channel('receive')),
};

function verdictFor({ buckets = [], releasers = [], certainty }: Found) {
  const all = [...buckets, live];
  const input: RuleInput = {
    snapshot: {
      goroutines: { total: 0, user: 0, system: 0, blocked: 0 },
      ...{ signatures: [], buckets: all, channels: new Map() },
    },
    graph: { buckets: all, channels: new Map(), releasers: new Map(releasers) },
    searches: new Map(releasers.map(([object, all]) => [object, { releasers: all, operations: [] }])),
    ...{ knots: [], unreachedKnots: [], lostKnots: [], suspectedKnots: [], someoneRuns: true },
    isLibrary: () => false,
    receivedFrom: () => [],
    nameOf: () => 'main.c',
  };
  const claim: Claim | undefined = certainty && {
    ...{ rule: 'r', class: 'communication', subtype: 'channel', certainty },
    knot: { buckets: [], objects: [], victims: [], starved: [] },
    ...{ summary: '', explanation: '', suggestion: '', roles: new Map() },
  };
  const rule: Rule = { name: 'r', apply: () => (claim === undefined ? [] : [claim]) };
  const { claims, undecided, outlooks } = claimsOf(
    { input, deadlocked: deadlockedBuckets(input.graph, 'all') },
    [rule],
  );
  const findings = claims.map((one) => ({ certainty: one.certainty }) as Finding);
  return {
    verdict: verdictOf(findings, undecided, { atMost: 'strong' }),
    outlook: buckets.map((bucket) => outlooks.of.get(bucket)?.kind),
  };
}

const text = await readFile(new URL('../../../../docs/diagnosis.md', import.meta.url), 'utf8');

describe('the verdict', () => {
  const told = text.slice(text.indexOf('| what was found | verdict |'));
  const table = told
    .slice(0, told.indexOf('\n\n'))
    .split('\n')
    .slice(2)
    .map((line) => line.split('|').map((part) => part.trim()))
    .map(([, what = '', verdict = '']) => [what, verdict.replaceAll('`', '')] as const);

  it('has a table in the docs with a row for each case', () => {
    expect(table.map(([what]) => what)).to.deep.equal(Object.keys(rows));
  });

  for (const [what, found] of Object.entries(rows)) {
    it(`is what the docs say for ${what}`, () => {
      const { verdict, outlook } = verdictFor(found);
      expect(verdict).to.equal(table.find(([name]) => name === what)?.[1]);
      if (what.includes('`unclear`')) expect(outlook).to.deep.equal(['unclear']);
    });
  }

  it('is not none where not one goroutine was read', () => {
    expect(nothingRead({ goroutines: { total: 3, user: 0, system: 3, blocked: 3 } })).to.have.length(1);
    expect(nothingRead({ goroutines: { total: 3, user: 1, system: 2, blocked: 3 } })).to.deep.equal([]);
  });

  it('is not none for a receiver of which nobody could look who serves it', () => {
    expect(verdictFor(blindReceiver()).verdict).to.equal('unknown');
  });
});
