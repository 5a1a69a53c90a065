import { expect } from 'chai';
import type { BulkMemory } from '../../lab/core/memory.js';
import { cellsOfOthers, foldGoroutines, type OtherTarget, summarize } from '../../lab/goruntime/fold.js';
import { absorb, newOthers, partOf } from '../../lab/goruntime/fold-part.js';
import { newPass } from '../../lab/goruntime/fold-pass.js';
import { newTables } from '../../lab/goruntime/fold-tables.js';
import type { RuntimeLayout } from '../../lab/goruntime/layout.js';
import { memoryOf } from '../fakes/memory.js';

const { signal } = new AbortController();
const base = 0xc000000000;
const g = {
  ...{ goid: 0, status: 8, waitReason: 12, waitSince: 16, waiting: 24, pc: 32, bp: 40, sp: 36 },
  ...{ stackLo: 48, stackHi: 56, startPc: 64, goPc: 72 },
};
const sudog = { g: 0, next: 8, elem: 16, waitLink: 24, channel: 32, isSelect: 40, success: 41, prev: 48 };
const hchan = {
  ...{ count: 0, capacity: 8, elemSize: 16, closed: 20, elemType: 24, receivers: 32, senders: 40 },
  timer: undefined,
};
const send = 1;
const receive = 2;
const select = 3;
const other = 4;

/** Every third goroutine is read here, the others by two others, the last ones first. */
function foldInParts(
  memory: BulkMemory,
  layout: RuntimeLayout,
  otherTarget: OtherTarget,
  maxTargets?: number,
) {
  const tables = newTables();
  const countOther = cellsOfOthers(tables, otherTarget);
  const { length } = layout.allgs;
  const readEveryThird = (first: number, into: typeof tables, count: typeof countOther) => {
    const pass = newPass(memory, layout, 1, into, count);
    for (let at = first; at < length; at += 3) pass(at, 1);
  };
  readEveryThird(2, tables, countOther);
  for (const first of [1, 0]) {
    const [own, others] = [newTables(), newOthers()];
    readEveryThird(first, own, others.count);
    absorb(tables, partOf(own, others), countOther);
  }
  return summarize(tables, maxTargets);
}

/** A process of a few structs: everything that is allocated lies one behind the other. */
function world() {
  const data = Buffer.alloc(1 << 20);
  let end = 64;
  const write = (address: number, value: number) => data.writeBigUInt64LE(BigInt(value), address - base);
  const allocate = (size: number) => {
    const at = base + end;
    end += size;
    return at;
  };
  const list: number[] = [];
  const core = (cut: number) => {
    const allgs = allocate(8 * list.length);
    for (const [i, at] of list.entries()) write(allgs + 8 * i, at);
    const layout: RuntimeLayout = {
      ...{ allgs: { base: allgs, length: list.length + cut }, g, sudog, hchan, types: undefined },
      waitReasons: ['', 'chan send', 'chan receive', 'select', 'semacquire'],
    };
    return { memory: memoryOf(data.subarray(0, end), base), layout };
  };
  return {
    channel(queue: 'senders' | 'receivers') {
      const at = allocate(48);
      write(at + hchan[queue], 1);
      return at;
    },
    /** Callers innermost first; the queues that it waits at. */
    goroutine(
      reason: number,
      pcs: readonly number[],
      channels: readonly number[] = [],
      status = 4,
      takenOut = false,
      broken = false,
    ) {
      const at = allocate(80);
      const [pc = 0, ...callers] = pcs;
      const stack = allocate(16 * (callers.length + 1));
      write(at + g.goid, list.length + 1);
      data.writeUInt32LE(status, at - base + g.status);
      data[at - base + g.waitReason] = reason;
      write(at + g.pc, pc);
      write(at + g.bp, stack);
      write(at + g.stackLo, stack);
      write(at + g.stackHi, stack + 16 * callers.length);
      for (const [i, caller] of callers.entries()) {
        write(stack + 16 * i, i + 1 < callers.length ? stack + 16 * (i + 1) : 0);
        write(stack + 16 * i + 8, caller);
      }
      if (broken) write(stack + 16 * (callers.length - 1), base);
      let link = at + g.waiting;
      for (const channel of channels) {
        const entry = allocate(64);
        if (!takenOut) write(entry + sudog.next, 1);
        write(link, entry);
        write(entry + sudog.channel, channel);
        data[entry - base + sudog.isSelect] = reason === select ? 1 : 0;
        link = entry + sudog.waitLink;
      }
      list.push(at);
    },
    /** With a limit of its own for the targets of a stack. */
    inParts(maxTargets: number) {
      const { memory, layout } = core(0);
      return foldInParts(memory, layout, () => 0, maxTargets);
    },
    /** In one pass, after making sure that parts put together come to the same. */
    fold(cut = 0, otherTarget: OtherTarget = () => 0) {
      const { memory, layout } = core(cut);
      const whole = foldGoroutines(memory, layout, signal, otherTarget);
      const { waiters: _, ...parts } = foldInParts(memory, layout, otherTarget);
      expect(whole).to.deep.include(parts);
      return whole;
    },
  };
}

describe('goroutines, folded', () => {
  it('are one group when reason and stack agree, told apart by what they wait for', () => {
    const { channel, goroutine, fold } = world();
    const [a, b] = [channel('senders'), channel('senders')];
    for (let i = 0; i < 10; i++) goroutine(send, [1, 2, 3], [a]);
    goroutine(send, [1, 2, 3], [b]);
    goroutine(send, [1, 2, 4], [b]);
    goroutine(receive, [1, 2, 3]);
    const folded = fold();
    expect(folded).to.include({ total: 13, waiting: 13 });
    expect(folded.stacks.map(({ count }) => count)).to.deep.equal([11, 1, 1]);
    const [first] = folded.stacks;
    expect(first?.targets.map(({ count }) => count)).to.deep.equal([10, 1]);
    expect(first?.examples.map(({ index }) => index)).to.deep.equal([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(folded.waiters(a)).to.deep.equal({ send: 10, receive: 0 });
    expect(folded.waiters(b)).to.deep.equal({ send: 2, receive: 0 });
  });

  it('keep all cases of a select, each in the queue where it stands', () => {
    const { channel, goroutine, fold } = world();
    const [a, b] = [channel('senders'), channel('receivers')];
    goroutine(select, [1, 2], [a, b]);
    goroutine(select, [1, 2], [a, b]);
    goroutine(select, [1, 2], [a]);
    const folded = fold();
    expect(folded.stacks[0]?.targets.map(({ count }) => count)).to.deep.equal([2, 1]);
    expect(folded.waiters(a)).to.deep.equal({ send: 3, receive: 0 });
    expect(folded.waiters(b)).to.deep.equal({ send: 0, receive: 2 });
  });

  it('are apart from those that somebody has taken out of the queue to wake them', () => {
    const { channel, goroutine, fold } = world();
    const [a, b] = [channel('senders'), channel('receivers')];
    goroutine(select, [1, 2], [a, b]);
    goroutine(select, [1, 2], [a, b], 4, true);
    goroutine(select, [1, 2], [b, a], 4, true);
    const folded = fold();
    expect(folded.stacks[0]?.targets.map(({ count }) => count)).to.deep.equal([2, 1]);
    expect(folded.waiters(a)).to.deep.equal({ send: 1, receive: 0 });
    expect(folded.waiters(b)).to.deep.equal({ send: 0, receive: 1 });
  });

  it('are told apart by other things that they wait for, known by their address alone', () => {
    const { goroutine, fold } = world();
    for (let i = 0; i < 30; i++) goroutine(other, [1, 2, 3]);
    let asked = 0;
    const folded = fold(0, (address) => {
      asked += 1;
      return 1 + ((address / 8) % 3);
    });
    expect(asked).to.equal(60);
    expect(folded.stacks.map(({ count }) => count)).to.deep.equal([30]);
    expect(folded.stacks[0]?.targets.length).to.be.greaterThan(1);
  });

  it('are told apart by a caller that is hundreds of frames away', () => {
    const { goroutine, fold } = world();
    const recursion = Array.from({ length: 500 }, () => 7);
    goroutine(send, [1, ...recursion, 8]);
    goroutine(send, [1, ...recursion, 9]);
    goroutine(send, [1, ...recursion, 9]);
    expect(fold().stacks.map(({ count }) => count)).to.deep.equal([2, 1]);
  });

  it('are told apart where only one half of an address differs', () => {
    const { goroutine, fold } = world();
    const high = 2 ** 32;
    for (const pcs of [
      [1, 2, 3],
      [1, 2, 3 + high],
      [1, 2 + high, 3],
      [1 + high, 2, 3],
      [1, 2, 4],
      [1, 2],
      [1, 2, 3, 3],
    ]) {
      goroutine(send, pcs);
      goroutine(send, pcs);
    }
    goroutine(send, [1, 2, 3]);
    goroutine(receive, [1, 2, 3]);
    expect(fold().stacks.map(({ count }) => count)).to.deep.equal([3, 2, 2, 2, 2, 2, 2, 1]);
  });

  it('are told apart from those whose chain of frames ends outside of the stack', () => {
    const { goroutine, fold } = world();
    for (const broken of [false, false, true, true, false]) goroutine(send, [1, 2, 3], [], 4, false, broken);
    expect(fold().stacks.map(({ count }) => count)).to.deep.equal([3, 1, 1]);
  });

  it('leave out the dead, and keep those that run apart', () => {
    const { goroutine, fold } = world();
    goroutine(0, [1, 2], [], 6);
    goroutine(0, [1, 2], [], 2);
    goroutine(0, [1, 2], [], 2);
    const folded = fold();
    expect(folded).to.include({ total: 2, waiting: 0 });
    expect(folded.stacks.map(({ count }) => count)).to.deep.equal([1, 1]);
  });

  it('with more targets than are looked into are counted all the same', () => {
    const { channel, goroutine, fold, inParts } = world();
    for (let i = 0; i < 1010; i++) goroutine(send, [1, 2, 3], [channel('senders')]);
    expect(fold().stacks[0]?.targets).to.have.length(1010);
    const [stack] = inParts(1000).stacks;
    expect(stack?.count).to.equal(1010);
    expect(stack?.targets).to.have.length(1000);
    expect(stack?.rest).to.deep.equal({ goroutines: 10, targets: 10 });
  });

  it('are refused when their list is not in the core', () => {
    const { goroutine, fold } = world();
    goroutine(send, [1]);
    expect(() => fold(1)).to.throw(RangeError, 'runtime.allgs[0] is not in the core');
  });
});

describe('goroutines that lie far apart', () => {
  it('are folded as well, read in the order of their addresses', () => {
    const count = 17_000;
    const perGoroutine = 256;
    const list = base + count * 65_536;
    const data = Buffer.alloc(count * (perGoroutine + 8));
    const view = new DataView(data.buffer, data.byteOffset, data.length);
    // Of each 64 KiB the first 256 bytes exist.
    const span = (address: number, length: number) => {
      const at = address - base;
      if (at < 0) return -1;
      if (address >= list) return count * perGoroutine + address - list;
      return (at % 65_536) + length > perGoroutine
        ? -1
        : Math.floor(at / 65_536) * perGoroutine + (at % 65_536);
    };
    const read = (address: number) => {
      const at = span(address, 8);
      return at < 0 ? undefined : Number(data.readBigUInt64LE(at));
    };
    const write = (address: number, value: number) => data.writeBigUInt64LE(BigInt(value), span(address, 8));
    for (let i = 0; i < count; i++) {
      // 7919 is prime: neighbours in the list are strangers in memory.
      const at = base + ((i * 7919) % count) * 65_536;
      const [stack, entry] = [at + 80, at + 144];
      write(list + 8 * i, at);
      data.writeUInt32LE(4, span(at + g.status, 4));
      data[span(at + g.waitReason, 1)] = send;
      write(at + g.pc, 1);
      write(at + g.bp, stack);
      write(at + g.stackLo, stack);
      write(at + g.stackHi, stack + 32);
      write(stack, stack + 16);
      write(stack + 8, 2);
      write(stack + 24, i % 3);
      write(at + g.waiting, entry);
      write(entry + sudog.next, 1);
      write(entry + sudog.channel, 4096);
    }
    const layout: RuntimeLayout = {
      ...{ allgs: { base: list, length: count }, g, sudog, hchan, types: undefined },
      waitReasons: ['', 'chan send', 'chan receive', 'select'],
    };
    const memory = { ...memoryOf(data, base), view, span, u64: read };
    const folded = foldGoroutines(memory, layout, signal);
    expect(folded.stacks.map((stack) => stack.count)).to.deep.equal([5_667, 5_667, 5_666]);
    expect(folded.stacks.map(({ examples }) => examples[1]?.index)).to.deep.equal([3, 4, 5]);
    expect(folded.waiters(4096)).to.deep.equal({ send: count, receive: 0 });
  });
});
