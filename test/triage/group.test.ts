import { expect } from 'chai';
import { triageJunit } from '../../lab/report/triage-junit.js';
import { triageText } from '../../lab/report/triage-text.js';
import { type Triage, triageOf, withoutCause } from '../../lab/triage/group.js';
import type { Item, Told } from '../../lab/triage/item.js';
import { withTickets } from '../../lab/triage/known.js';
import { alike } from '../../lab/triage/similar.js';
import { randomFrom } from '../random.js';

const causeA = 'cause-00000000000000aa';

function item(path: string, told: Partial<Told> = {}, more: Partial<Item> = {}): Item {
  const whole: Told = {
    ...{ verdict: 'unknown', summary: `of ${path}`, rule: null, class: null, certainty: null },
    ...{ fingerprint: null, of: [], places: [], goroutines: 40, blocked: 30, build: '', time: null },
    ...told,
  };
  return { path, kind: 'dump', state: 'told', told: whole, ...more };
}

const ofCause = (path: string, more: Partial<Told> = {}): Item =>
  item(
    path,
    {
      ...{
        verdict: 'deadlock',
        rule: 'lock-order',
        class: 'resource',
        certainty: 'strong',
        fingerprint: causeA,
      },
      ...{ of: ['lock-order', 'main.add cart.go'], ...more },
    },
    { kind: 'core' },
  );

function stuckAt(path: string, ...places: readonly string[]): Item {
  const told = places.map((place) => ({ place, count: 3, mustEnd: !place.startsWith('receive') }));
  const digits = Buffer.from(places.join()).toString('hex').padEnd(16, '0').slice(-16);
  return item(path, { fingerprint: `stacks-${digits}`, of: [...places], places: told }, { light: true });
}

function shuffled<T>(all: readonly T[], seed: number): T[] {
  const random = randomFrom(seed);
  return all
    .map((one) => [random(), one] as const)
    .sort(([a], [b]) => a - b)
    .map(([, one]) => one);
}

describe('a triage', () => {
  const many = [
    ...['a', 'b', 'c'].map((name, i) =>
      ofCause(name, { time: `2026-11-0${i + 1}T00:00:00.000Z`, build: i === 0 ? 'old' : 'new' }),
    ),
    stuckAt('d', 'lock main.add', 'send main.put', 'receive main.work'),
    stuckAt('e', 'lock main.add', 'send main.put', 'lock main.list'),
    stuckAt('f', 'wait main.stop'),
    item('g', { verdict: 'none' }),
    item('h', {}),
    { path: 'i', kind: 'dump', state: 'skipped', why: 'no goroutine dump' } as const,
    { path: 'j', kind: 'core', state: 'failed', why: 'cut off' } as const,
  ];

  it('groups causes by their fingerprint, and what has none by where it is blocked', () => {
    const { groups, counts } = triageOf(many, {});
    expect(groups.map(({ members }) => members.join(''))).to.have.members(['abc', 'de', 'f']);
    expect(counts).to.deep.equal({ inputs: 10, hanging: 6, healthy: 1, unplaced: 1, skipped: 1, failed: 1 });
    const [first] = groups;
    expect(first).to.include({ fingerprint: causeA, count: 3, certainty: 'strong', rule: 'lock-order' });
    expect(first).to.include({ firstSeen: '2026-11-01T00:00:00.000Z', lastSeen: '2026-11-03T00:00:00.000Z' });
    expect(first?.builds).to.deep.equal([
      { build: 'new', count: 2 },
      { build: 'old', count: 1 },
    ]);
  });

  it('gives members the cause that an example of theirs has with its sources', () => {
    const [example] = withoutCause(many).filter(({ path }) => path === 'd' || path === 'e');
    const causes = { [example?.path ?? '']: ofCause(example?.path ?? '') };
    const { groups } = triageOf(many, causes);
    expect(groups.map(({ members }) => members.join(''))).to.have.members(['abcde', 'f']);
    expect(groups[0]).to.include({ count: 5, byStacks: 2, fingerprint: causeA });
    expect(groups[0]?.kinds).to.deep.equal({ core: 3, dump: 2, diagnosis: 0 });
  });

  it('takes what is only suspected of a dump without its sources for no cause yet', () => {
    const suspected = ofCause('z', {
      certainty: 'suspected',
      places: [{ place: 'wait main.stop', count: 1, mustEnd: true }],
    });
    const light: Item = { ...suspected, kind: 'dump', light: true };
    const { groups } = triageOf([...many, light], {});
    expect(groups.map(({ members }) => members.join(''))).to.have.members(['abc', 'de', 'fz']);
  });

  it('comes out the same whatever the order of its inputs', () => {
    const whole = JSON.stringify(triageOf(many, {}));
    for (let seed = 1; seed <= 20; seed += 1)
      expect(JSON.stringify(triageOf(shuffled(many, seed), {}))).to.equal(whole);
  });

  it('does not take hangs of other places together, however many goroutines wait for work in both', () => {
    const idle = ['receive main.work', 'receive main.pump', 'select main.loop'];
    const groups = alike([stuckAt('a', 'lock main.add', ...idle), stuckAt('b', 'send main.put', ...idle)]);
    expect(groups).to.have.length(2);
  });

  it('knows causes by the tickets of their fingerprints, and does not fail by them', () => {
    const known: Triage = withTickets(triageOf(many, {}), new Map([[causeA, 'SHOP-17']]));
    expect(known.groups[0]).to.include({ ticket: 'SHOP-17' });
    const xml = triageJunit(known);
    expect(xml).to.match(/<testsuites name="lab triage" tests="4" failures="0" errors="3" skipped="1">/);
    expect(triageText(known, { columns: 80 })).to.match(
      /3x +cause-00000000000000aa {2}lock-order \(strong\) {2}known: SHOP-17/,
    );
  });

  it('fits the columns of a terminal', () => {
    const lines = triageText(triageOf(many, {}), { columns: 60 }).split('\n');
    expect(lines[0]).to.match(/^10 inputs \(6 hanging, 1 healthy/);
    expect(lines.filter((line) => line.length > 60)).to.deep.equal([]);
  });
});
