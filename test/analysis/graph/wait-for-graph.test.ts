import { expect } from 'chai';
import {
  deadlockedCells,
  findKnots,
  objectKey,
  type Releaser,
  syncKey,
  type WaitForGraph,
} from '../../../lab/analysis/graph/wait-for-graph.js';
import type { Cell, Channel, ChannelCase, Signature } from '../../../lab/analysis/model/snapshot.js';

const place = { function: 'main.f', file: '/f.go', line: 1 };

function cellOf(key: string, wait: Cell['wait'], count = 1): Cell {
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

const waits = (key: string, ...cases: ChannelCase[]) => cellOf(key, { kind: 'channel', cases });
const send = (channel: number): ChannelCase => ({ channel, direction: 'send' });
const receive = (channel: number): ChannelCase => ({ channel, direction: 'receive' });
const live = (key: string) => cellOf(key, { kind: 'live', why: 'IO wait' });

const how = {
  operation: 'receive',
  expression: 'c',
  file: '',
  line: 1,
  goroutine: 1,
  frame: 0,
  function: '',
} as const;
const by = (cell: string, certain = true): Releaser => ({ kind: 'cell', cell, certain, how });
const open: Releaser = { kind: 'open', why: 'a handler', blind: false };

function graphOf(
  cells: readonly Cell[],
  releasers: Readonly<Record<string, readonly Releaser[]>>,
  channels: readonly Channel[] = [],
): WaitForGraph {
  return {
    cells,
    channels: new Map(channels.map((channel) => [channel.address, channel])),
    releasers: new Map(Object.entries(releasers)),
  };
}

describe('the wait-for graph', () => {
  it('calls those deadlocked whom only members of the set could wake', () => {
    const cells = [waits('consumer', send(1)), waits('handlers', send(1)), live('accept')];
    const graph = graphOf(cells, { [objectKey(1, 'send')]: [by('consumer')] });
    const stuck = deadlockedCells(graph, 'all');
    expect([...stuck]).to.have.members(['consumer', 'handlers']);
    const [knot, ...others] = findKnots(graph, stuck);
    expect(others).to.deep.equal([]);
    expect(knot?.cells.map((cell) => cell.key)).to.deep.equal(['consumer']);
    expect(knot?.victims.map((cell) => cell.key)).to.deep.equal(['handlers']);
  });

  it('frees everyone when one live goroutine can release, however long the chain', () => {
    const cells = [waits('a', send(1)), waits('b', send(2)), waits('c', receive(3)), live('d')];
    const graph = graphOf(cells, {
      [objectKey(1, 'send')]: [by('b')],
      [objectKey(2, 'send')]: [by('c')],
      [objectKey(3, 'receive')]: [by('d', false)],
    });
    expect(deadlockedCells(graph, 'all').size).to.equal(0);
  });

  it('lets any one case of a select end it', () => {
    const cells = [waits('a', receive(1), receive(2)), live('b')];
    const graph = graphOf(cells, { [objectKey(1, 'receive')]: [], [objectKey(2, 'receive')]: [by('b')] });
    expect(deadlockedCells(graph, 'all').size).to.equal(0);
  });

  it('counts open code only while somebody is left to run it', () => {
    const object = { [objectKey(1, 'send')]: [open] };
    expect(deadlockedCells(graphOf([waits('a', send(1)), live('b')], object), 'all').size).to.equal(0);
    expect(deadlockedCells(graphOf([waits('a', send(1))], object), 'all').size).to.equal(1);
  });

  it('takes an object about which nothing is known for released', () => {
    expect(deadlockedCells(graphOf([waits('a', send(1))], {}), 'all').size).to.equal(0);
  });

  it('takes a wait that it does not understand for live', () => {
    const lock = cellOf('lock', { kind: 'unknown', why: 'sync.Mutex.Lock' });
    const graph = graphOf([waits('a', send(1)), lock], { [objectKey(1, 'send')]: [by('lock')] });
    expect(deadlockedCells(graph, 'all').size).to.equal(0);
  });

  it('never frees a nil channel or an empty select', () => {
    const cells = [
      cellOf('nil', { kind: 'nil-channel', direction: 'send' }),
      cellOf('empty', { kind: 'empty-select' }),
    ];
    expect(deadlockedCells(graphOf([...cells, live('b')], {}), 'all').size).to.equal(2);
  });

  it('finds a ring as one knot, and its waiters as victims', () => {
    const cells = [waits('a', send(1)), waits('b', send(2)), waits('c', send(1)), waits('d', receive(3))];
    const graph = graphOf(cells, {
      [objectKey(1, 'send')]: [by('b')],
      [objectKey(2, 'send')]: [by('a')],
      [objectKey(3, 'receive')]: [by('c')],
    });
    const [knot, ...others] = findKnots(graph, deadlockedCells(graph, 'all'));
    expect(others).to.deep.equal([]);
    expect(knot?.cells.map((cell) => cell.key)).to.have.members(['a', 'b']);
    expect(knot?.victims.map((cell) => cell.key)).to.deep.equal(['c']);
    expect(knot?.starved.map((cell) => cell.key)).to.deep.equal(['d']);
  });

  it('takes those for victims who queue for a lock of the knot, and for a lock of one of these', () => {
    const lock = (key: string, address: number) =>
      cellOf(key, { kind: 'sync', objectKind: 'mutex', address, mode: 'lock' });
    const holds = (cell: string): Releaser => ({ kind: 'cell', cell, certain: true, holds: true, how });
    const cells = [waits('root', send(1)), lock('next', 8), lock('last', 9), waits('idle', receive(2))];
    const graph = graphOf(cells, {
      [objectKey(1, 'send')]: [],
      [syncKey(8, 'lock')]: [holds('root')],
      [syncKey(9, 'lock')]: [holds('next')],
      [objectKey(2, 'receive')]: [by('last')],
    });
    const [knot] = findKnots(graph, deadlockedCells(graph, 'all'));
    expect(knot?.cells.map((cell) => cell.key)).to.deep.equal(['root']);
    expect(knot?.victims.map((cell) => cell.key)).to.deep.equal(['next', 'last']);
    expect(knot?.starved.map((cell) => cell.key)).to.deep.equal(['idle']);
  });

  it('walks a chain of a hundred thousand without running out of stack', () => {
    const count = 100_000;
    const cells = Array.from({ length: count }, (_, i) => waits(`g${i}`, send(i)));
    const releasers = Object.fromEntries(
      cells.map((_, i) => [objectKey(i, 'send'), [by(`g${(i + 1) % count}`)]]),
    );
    const graph = graphOf(cells, releasers);
    expect(deadlockedCells(graph, 'all').size).to.equal(count);
  });
});
