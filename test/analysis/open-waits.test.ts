import { expect } from 'chai';
import { openWaits } from '../../lab/analysis/open-waits.js';
import type { RuleInput } from '../../lab/analysis/rules/rule.js';
import type { Cell, Wait } from '../../lab/analysis/snapshot.js';
import { objectKey, type Releaser, syncKey } from '../../lab/analysis/wait-for-graph.js';

const place = { function: 'main.put', file: '/f.go', line: 7 };

function cellOf(id: number, wait: Wait): Cell {
  const frames = [{ ...place, index: 2, inlined: false }];
  return {
    signature: {
      ...{ id: 'S1', count: 1, waitReason: '', status: 'waiting', system: false, exampleIds: [id], frames },
      ...{ currentLocation: place, userLocation: place, startLocation: place, goStatementLocation: place },
    },
    ...{ key: String(id), count: 1, ids: [id], wait, elem: 0 },
  };
}

const on = (id: number, channel: number, direction: 'send' | 'receive') =>
  cellOf(id, { kind: 'channel', cases: [{ channel, direction }] });
const live = cellOf(99, { kind: 'live', why: 'running' });
const passedOn: Releaser = {
  kind: 'open',
  why: 'the channel is passed on at /g.go:3: keep(c)',
  blind: false,
};
const crowd = (count: number, make: (id: number) => Cell) =>
  Array.from({ length: count }, (_, i) => make(i + 1));
const by = (cell: number) =>
  ({
    ...{ kind: 'cell', cell: String(cell), certain: true },
    how: {
      ...{ operation: 'receive', expression: 'c', file: '/f.go', line: 9, goroutine: cell, frame: 1 },
      function: 'main.take',
    },
  }) satisfies Releaser;

function linesFor(cells: readonly Cell[], releasers: Readonly<Record<string, readonly Releaser[]>>) {
  const all = [...cells, live];
  const graph = { cells: all, channels: new Map(), releasers: new Map(Object.entries(releasers)) };
  const input: RuleInput = {
    snapshot: {
      goroutines: { total: 0, user: 0, system: 0, blocked: 0 },
      ...{ signatures: [], cells: all, channels: new Map(), limits: [] },
    },
    ...{ graph, searches: new Map(), knots: [], unreachedKnots: [], suspectedKnots: [], someoneRuns: true },
    isLibrary: () => false,
    receivedFrom: () => [],
    nameOf: (address) => `main.c${address}`,
  };
  return { lines: openWaits(input, new Set()), claimed: openWaits(input, new Set(cells)) };
}

describe('a queue that somebody unseen may serve', () => {
  const senders = crowd(12, (id) => on(id, 5, 'send'));

  it('is told with who that may be, unless a finding tells of it', () => {
    const { lines, claimed } = linesFor(senders, { [objectKey(5, 'send')]: [passedOn] });
    expect(lines).to.deep.equal([
      '12 goroutines (1, 2, 3 ...) wait behind main.c5 (main.put, /f.go:7), and no goroutine was seen that will ' +
        'serve it. They are not counted as deadlocked, as code that is on no stack may still come: the channel is passed on at ' +
        '/g.go:3: keep(c).',
    ]);
    expect(claimed).to.deep.equal([]);
  });

  it('is told of those who wait for a lock behind it', () => {
    const [holder] = crowd(1, (id) => on(id, 5, 'receive'));
    const locks = crowd(12, (id) =>
      cellOf(id + 1, { kind: 'sync', objectKind: 'mutex', address: 8, mode: 'lock' }),
    );
    const held: Releaser = { ...by(1), holds: true };
    const { lines } = linesFor([holder ?? live, ...locks], {
      [objectKey(5, 'receive')]: [passedOn],
      [syncKey(8, 'lock')]: [held],
    });
    expect(lines).to.have.length(1);
    expect(lines[0]).to.match(/^12 goroutines .* wait behind main\.c5 /);
  });

  it('is not worth a line when it is short, idle, or about to be served', () => {
    const quiet = [
      linesFor(senders.slice(0, 9), { [objectKey(5, 'send')]: [passedOn] }),
      linesFor(
        crowd(50, (id) => on(id, 5, 'receive')),
        { [objectKey(5, 'receive')]: [passedOn] },
      ),
      linesFor(senders, { [objectKey(5, 'send')]: [passedOn, by(99)] }),
      // A deadlock has findings of its own.
      linesFor(senders, { [objectKey(5, 'send')]: [] }),
    ];
    for (const { lines } of quiet) expect(lines).to.deep.equal([]);
  });

  it('is told for the longest three', () => {
    const queues = [10, 20, 30, 40].flatMap((count, i) =>
      crowd(count, (id) => {
        const cell = on(i * 100 + id, i, 'send');
        return { ...cell, signature: { ...cell.signature, id: `S${i}` } };
      }),
    );
    const releasers = Object.fromEntries([0, 1, 2, 3].map((i) => [objectKey(i, 'send'), [passedOn]]));
    expect(linesFor(queues, releasers).lines.map((line) => Number.parseInt(line, 10))).to.deep.equal([
      40, 30, 20,
    ]);
  });
});
