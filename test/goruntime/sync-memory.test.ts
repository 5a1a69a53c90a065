import { expect } from 'chai';
import type { CoreMemory } from '../../lab/core/memory.js';
import type { RuntimeLayout } from '../../lab/goruntime/layout.js';
import { findCond } from '../../lab/goruntime/notify-lists.js';
import { readSemaphores } from '../../lab/goruntime/semaphores.js';
import { readMutex, readRwMutex, readWaitGroup, type SyncLayout } from '../../lab/goruntime/sync-objects.js';

/** Memory of which only these words are known. */
function memoryOf(words: Readonly<Record<number, number>>): CoreMemory {
  const u32 = (address: number) => words[address];
  const u64 = (address: number) => words[address];
  const heldFrom = (address: number) => address;
  return { bytes: () => undefined, u8: u32, u32, u64, held: 0, heldFrom, [Symbol.dispose]: () => undefined };
}

const sync: SyncLayout = {
  mutex: { state: 0, sema: 4 },
  rwmutex: { w: 0, writerSem: 8, readerSem: 12, readerCount: 16, readerWait: 20 },
  waitgroup: { state: 0, sema: 8 },
  cond: { locker: 8, list: 16, wait: 0, notify: 4, head: 16 },
  once: undefined,
};
const layout: RuntimeLayout = {
  allgs: { base: 0, length: 0 },
  g: {
    ...{ goid: 0, status: 0, waitReason: 0, waitSince: 0, waiting: 0, pc: 0, bp: 0, startPc: 0, goPc: 0 },
    ...{ sp: 8, stackLo: 16, stackHi: 24 },
  },
  sudog: { g: 0, next: 8, elem: 24, waitLink: 64, channel: 80, isSelect: 52, success: 53, prev: 16 },
  hchan: {
    ...{
      count: 0,
      capacity: 0,
      elemSize: 0,
      closed: 0,
      elemType: 0,
      receivers: 0,
      senders: 0,
      timer: undefined,
    },
  },
  waitReasons: [],
  types: undefined,
};

describe('objects of package sync in memory', () => {
  it('are mutexes with three flags and a count', () => {
    expect(readMutex(memoryOf({ 100: (5 << 3) | 1 }), sync, 100)).to.deep.equal({
      ...{ locked: true, woken: false, starving: false, waiters: 5 },
    });
    expect(readMutex(memoryOf({}), sync, 100)).to.equal(undefined);
  });

  it('are RWMutexes whose count of readers is lowered while a writer is pending', () => {
    const state = readRwMutex(memoryOf({ 100: 1, 116: (3 - 2 ** 30) >>> 0, 120: 2 }), sync, 100);
    expect(state).to.include({ readers: 3, writerPending: true, readerWait: 2 });
    expect(readRwMutex(memoryOf({ 100: 0, 116: 2, 120: 0 }), sync, 100)).to.include({ writerPending: false });
  });

  it('are wait groups, the flag of newer Go left out', () => {
    expect(readWaitGroup(memoryOf({ 100: 0x8000_0001, 104: 4 }), sync, 100)).to.deep.equal({
      ...{ counter: 4, waiters: 1 },
    });
  });
});

describe('the table of semaphores', () => {
  const table = { firstTree: 1000, stride: 64, buckets: 2, left: 16, right: 8 };

  it('gives every waiter its word, in queue order', () => {
    // A node with a queue of two, and a left child for another word.
    const words = {
      ...{ 1000: 2000, 1064: 0 },
      ...{ 2000: 71, 2008: 0, 2016: 3000, 2024: 500, 2064: 2500 },
      ...{ 2500: 72, 2508: 0, 2516: 0, 2524: 500, 2564: 0 },
      ...{ 3000: 73, 3008: 0, 3016: 0, 3024: 600, 3064: 0 },
    };
    const found = readSemaphores(memoryOf(words), layout, table);
    expect([...found.queues]).to.deep.equal([
      [500, [71, 72]],
      [600, [73]],
    ]);
    expect(found.of.get(72)).to.equal(500);
    expect(found.complete).to.equal(true);
  });

  it('says so when the queue of a semaphore runs in circles', () => {
    const words = { 1000: 2000, 1064: 0, 2000: 71, 2008: 0, 2016: 0, 2024: 500, 2064: 2500 };
    const found = readSemaphores(memoryOf({ ...words, 2500: 72, 2564: 2000 }), layout, table);
    expect(found.complete).to.equal(false);
    expect(found.queues.get(500)).to.deep.equal([71, 72]);
  });

  it('says so when a tree runs in circles', () => {
    const words = { 1000: 2000, 1064: 0, 2000: 71, 2008: 2000, 2016: 0, 2024: 500, 2064: 0 };
    expect(readSemaphores(memoryOf(words), layout, table).complete).to.equal(false);
  });
});

describe('the condition variable of a goroutine', () => {
  // The goroutine at 100: stack from 4000 to 4096, stack pointer 4064; its sudog is at 900.
  const base = { 108: 4064, 116: 4000, 124: 4096, 900: 100, 908: 0 };

  it('is found by the list on which the goroutine stands', () => {
    const words = { ...base, 4080: 700, 716: 1, 720: 0, 732: 900 };
    expect(findCond(memoryOf(words), layout, sync, 100, new Map())).to.equal(700);
  });

  it('is not a word beside the list, nor a variable on the stack', () => {
    // The word points into the list, where the tail looks like a head.
    const beside = { ...base, 4080: 724, 716: 1, 720: 0, 724: 0, 728: 0, 732: 900, 740: 900 };
    expect(findCond(memoryOf(beside), layout, sync, 100, new Map())).to.equal(undefined);
    const local = { ...base, 4064: 4072, 4072: 1, 4076: 0, 4088: 900 };
    expect(findCond(memoryOf(local), layout, sync, 100, new Map())).to.equal(undefined);
  });
});
