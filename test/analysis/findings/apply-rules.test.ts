import { expect } from 'chai';
import { claimsOf } from '../../../lab/analysis/findings/apply-rules.js';
import { verdictOf } from '../../../lab/analysis/findings/verdict.js';
import { waitOf } from '../../../lab/analysis/read/wait-of.js';
import { rules } from '../../../lab/analysis/rules/index.js';
import type { Claim, RuleInput } from '../../../lab/analysis/rules/rule.js';
import type { QueueEntry } from '../../../lab/goruntime/goroutines.js';

const input: RuleInput = {
  snapshot: {
    goroutines: { total: 1, user: 1, system: 0, blocked: 1 },
    signatures: [],
    buckets: [],
    channels: new Map(),
  },
  graph: { buckets: [], channels: new Map(), releasers: new Map() },
  searches: new Map(),
  knots: [],
  suspectedKnots: [],
  unreachedKnots: [],
  lostKnots: [],
  someoneRuns: true,
  isLibrary: () => false,
  receivedFrom: () => [],
  nameOf: () => 'main.c',
};

const trust = { atMost: 'strong' } as const;

const claim: Claim = {
  rule: 'sound',
  class: 'communication',
  subtype: 'channel',
  certainty: 'suspected',
  knot: { buckets: [], objects: [], victims: [], starved: [] },
  summary: '',
  explanation: '',
  suggestion: '',
  roles: new Map(),
};

describe('the conclusion', () => {
  it('survives a rule that crashes, says so, and keeps the claims of the others', () => {
    const broken = {
      name: 'broken',
      apply: () => {
        throw new Error('out of ideas');
      },
    };
    const { claims, undecided } = claimsOf({ input, deadlocked: new Set() }, [
      broken,
      { name: 'sound', apply: () => [claim] },
    ]);
    expect(claims).to.deep.equal([claim]);
    expect(undecided).to.deep.equal(['the rule broken failed: out of ideas']);
    expect(verdictOf([], undecided, trust)).to.equal('unknown');
  });

  it('shows the first of very many findings about the same places, and counts the others', () => {
    const crowd = { name: 'sound', apply: () => Array.from({ length: 300 }, () => claim) };
    const { claims, limits } = claimsOf({ input, deadlocked: new Set() }, [crowd]);
    expect(claims).to.have.length(20);
    expect(limits).to.deep.equal([
      '300 findings (sound, suspected) are about goroutines at the same places; 20 of them are shown.',
    ]);
  });

  it('finds nothing where nothing is stuck', () => {
    expect(claimsOf({ input, deadlocked: new Set() }, rules)).to.deep.include({
      ...{ claims: [], undecided: [], limits: [], suspects: [] },
    });
    expect(verdictOf([], [], trust)).to.equal('none');
  });
});

describe('a wait', () => {
  const entry: QueueEntry = { sudog: 1, channel: 2, elem: 0, isSelect: true };
  const at = (waitReason: string, queues = [entry]) =>
    waitOf({ state: 'waiting', waitReason, queues }, () => 'receive');

  it('is live on the network, a timer, or when the goroutine runs', () => {
    expect(at('IO wait').kind).to.equal('live');
    expect(at('sleep').kind).to.equal('live');
    expect(waitOf({ state: 'running', waitReason: '', queues: [] }, () => undefined).kind).to.equal('live');
  });

  it('is live when somebody has taken an entry out of its queue', () => {
    expect(at('select', [entry, { ...entry, woken: true }]).kind).to.equal('live');
    expect(at('chan send', [{ ...entry, woken: true }]).kind).to.equal('live');
  });

  it('has a case per queue entry of a select', () => {
    const wait = at('select', [entry, { ...entry, channel: 3 }]);
    expect(wait).to.deep.equal({
      kind: 'channel',
      cases: [
        { channel: 2, direction: 'receive' },
        { channel: 3, direction: 'receive' },
      ],
    });
  });

  it('never ends in a select over nil channels only', () => {
    expect(at('select', []).kind).to.equal('nil-channel');
    expect(at('select (no cases)', []).kind).to.equal('empty-select');
  });

  it('is unknown for a lock, and for a reason that no known Go has', () => {
    expect(at('sync.Mutex.Lock').kind).to.equal('unknown');
    expect(at('pondering').kind).to.equal('unknown');
  });
});
