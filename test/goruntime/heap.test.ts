import { expect } from 'chai';
import type { HeapLayout } from '../../lab/goruntime/heap/layout.js';
import { findLeaders } from '../../lab/goruntime/heap/leaders.js';
import { findReached, type ReachSource } from '../../lab/goruntime/heap/reach.js';
import { readSpans } from '../../lab/goruntime/heap/spans.js';
import type { RuntimeLayout } from '../../lab/goruntime/layout.js';
import { memoryOf } from '../fakes/memory.js';

const { signal } = new AbortController();
const base = 0xc000000000;
const page = 8192;
const slot = 128;
const word = (offset: number) => ({ offset, size: 8 });
const g = {
  ...{ goid: 0, status: 8, waitReason: 12, waitSince: 16, waiting: 24, pc: 32, bp: 40, sp: 48 },
  ...{ stackLo: 56, stackHi: 64, startPc: 72, goPc: 80 },
};
const sudog = { g: 0, next: 8, elem: 16, waitLink: 24, channel: 32, isSelect: 40, success: 41, prev: 48 };
const hchan = {
  ...{ count: 0, capacity: 8, elemSize: 16, closed: 20, elemType: 24, receivers: 32, senders: 48 },
  ...{ timer: 72, timerWhen: 0, buffer: 64 },
};
const running = 2;
const waiting = 4;
const profile = 4;

/** A heap of three pages: objects with pointers, objects without, and what the runtime keeps of goroutines. */
function heap() {
  const data = Buffer.alloc(16 * page);
  const put = (address: number, value: number) => data.writeBigUInt64LE(BigInt(value), address - base);
  const outside = base + 8 * page;
  let end = outside + 1024;
  let used = 0;
  let plain = 0;
  const goroutines: number[] = [];
  const globals = { start: outside, end: outside + 256 };
  let global = globals.start;
  const spans = [0, 1, 2].map((i) => {
    const at = end;
    end += 80;
    put(at, base + i * page);
    put(at + 8, 1);
    put(at + 16, slot);
    put(at + 24, page / slot);
    put(at + 32, page / slot);
    data[at + 56 - base] = 1;
    data[at + 57 - base] = i === 1 ? 1 : 0;
    return at;
  });
  const inRuntime = () => base + 2 * page + slot * runtimeUsed++;
  let runtimeUsed = 0;
  return {
    put,
    spans,
    /** An object with the given words in it. */
    object(...words: number[]) {
      const at = base + slot * used++;
      for (const [i, value] of words.entries()) put(at + 8 * i, value);
      return at;
    },
    plainObject(value: number) {
      const at = base + page + slot * plain++;
      put(at, value);
      return at;
    },
    global(value: number) {
      put(global, value);
      global += 8;
      return global - 8;
    },
    /** A goroutine with these words on its stack; it runs unless there are channels to wait for. */
    goroutine(stack: readonly number[], channels: readonly number[] = []) {
      const at = inRuntime();
      const lo = end;
      end += 8 * stack.length + 8;
      for (const [i, value] of stack.entries()) put(lo + 8 * i, value);
      put(at + g.stackLo, lo);
      put(at + g.sp, lo);
      put(at + g.stackHi, end);
      data.writeUInt32LE(channels.length === 0 ? running : waiting, at - base + g.status);
      data[at - base + g.waitReason] = channels.length > 1 ? 2 : 1;
      let link = at + g.waiting;
      for (const channel of channels) {
        const entry = inRuntime();
        put(link, entry);
        put(entry + sudog.g, at);
        put(entry + sudog.channel, channel);
        put(channel + hchan.receivers, entry);
        link = entry + sudog.waitLink;
      }
      goroutines.push(at);
      return at;
    },
    special(object: number, kind: number, isCircle = false) {
      const at = end;
      put(at, isCircle ? at : 0);
      end += 64;
      put(at + 8, object - base);
      data[at + 16 - base] = kind;
      put((spans[0] ?? 0) + 48, at);
    },
    free(object: number) {
      const bits = end;
      end += 8;
      put((spans[0] ?? 0) + 32, 0);
      put((spans[0] ?? 0) + 40, bits);
      data.fill(0xff, bits - base, bits - base + 8);
      const index = (object - base) / slot;
      data[bits - base + (index >> 3)] = 0xff & ~(1 << (index & 7));
    },
    reached(registers: readonly number[] = [], beyond = 0, traced?: ReachSource['traced']) {
      return findReached(this.source(registers, beyond, traced), signal);
    },
    /** Which of the goroutines and queues alone lead to the targets. */
    async leaders(asked: Omit<Parameters<typeof findLeaders>[2], 'goroutines'>, waiting: readonly number[]) {
      const source = this.source();
      const spans = readSpans(source.memory, source.heap, signal);
      const found = await findLeaders(source, spans, { ...asked, goroutines: new Set(waiting) }, signal);
      return [...(found ?? [])].map(([target, one]) => [target, [...one.goroutines], [...one.queues]]);
    },
    source(registers: readonly number[] = [], beyond = 0, traced?: ReachSource['traced']) {
      const list = (values: readonly number[]) => {
        const at = end;
        end += 8 * values.length;
        for (const [i, value] of values.entries()) put(at + 8 * i, value);
        return { base: at, length: values.length };
      };
      const runtime: RuntimeLayout = {
        ...{ allgs: list(goroutines), g, sudog, hchan, types: undefined, live: undefined },
        waitReasons: ['', 'chan receive', 'select'],
      };
      const layout: HeapLayout = {
        spans: list(spans),
        span: {
          ...{ size: 64, startAddr: word(0), pages: word(8), elemSize: word(16), objects: word(24) },
          ...{ freeIndex: word(32), allocBits: word(40), specials: word(48) },
          ...{ state: { offset: 56, size: 1 }, spanClass: { offset: 57, size: 1 } },
        },
        special: { next: word(0), offset: word(8), kind: { offset: 16, size: 1 } },
        profileKind: profile,
        globals: [{ ...globals, end: globals.end + beyond }],
        m: { first: 0, next: 0, g0: 0, signalG: 0 },
        ...{ syscallSp: 0, gSize: 96, queued: [], barrierBuffers: [] },
      };
      const source: ReachSource = {
        memory: memoryOf(data.subarray(0, Math.ceil((end - base) / page) * page), base),
        ...{ runtime, heap: layout },
        folded: { total: 0, waiting: 0, stacks: [], waiters: () => ({ send: 0, receive: 0 }) },
        registers: [{ thread: 1, pc: 0, sp: 0, words: registers }],
        otherTarget: () => 0,
        semaphores: { sudogs: [], table: { start: 0, end: 0 } },
        traced,
      };
      return source;
    },
  };
}

describe('what live goroutines reach in a damaged heap', () => {
  const lost = async (damage: (h: ReturnType<typeof heap>) => void) => {
    const h = heap();
    h.goroutine([], [h.object()]);
    damage(h);
    return await h.reached().then(
      () => 'read',
      (error: unknown) => (error instanceof RangeError ? error.message : String(error)),
    );
  };

  it('is found without walking through what the core does not have', async () => {
    const h = heap();
    const near = h.object();
    h.global(near);
    h.goroutine([], [near]);
    const began = performance.now();
    const { reaches } = await h.reached([], 2 ** 46);
    expect(reaches(near)).to.equal(true);
    expect(performance.now() - began).to.be.below(2_000);
  });

  it('is not told where a span has more pages, or more objects, than can be', async () => {
    for (const [offset, value] of [
      [8, 2 ** 40],
      [8, 2 ** 34],
      [8, 0],
      [16, 0],
      [24, 2 ** 31],
      [0, base + 8],
    ] as const) {
      expect(await lost((h) => h.put((h.spans[0] ?? 0) + offset, value))).to.equal(
        'span 0 of the heap makes no sense',
      );
    }
  });

  it('is found where a list of what is attached runs in circles', async () => {
    const h = heap();
    const kept = h.object();
    h.special(kept, profile + 1, true);
    const at = h.object();
    h.global(at);
    h.goroutine([], [at]);
    expect((await h.reached()).reaches(at)).to.equal(true);
  });

  it('says nothing where a timer is missing that is to fire, and trusts one that is stopped', async () => {
    const timed = (when: number, led: boolean) => {
      const h = heap();
      const [channel, timer] = [h.object(), h.object(when)];
      h.put(channel + hchan.timer, timer);
      h.put(timer + 8, channel);
      if (led) h.global(timer);
      h.goroutine([], [channel]);
      return h.reached().then(
        ({ reaches }) => reaches(channel),
        (error: unknown) => (error instanceof RangeError ? error.message : error),
      );
    };
    expect(await timed(7, true)).to.equal(true);
    expect(await timed(0, false)).to.equal(false);
    expect(await timed(7, false)).to.match(/a timer that is to fire is not in the heap as it was read/);
  });
});

describe('what live goroutines reach in the heap', () => {
  it('goes from a package variable over objects to a channel', async () => {
    const h = heap();
    const [near, far, lost] = [h.object(), h.object(), h.object()];
    h.global(h.object(1, h.object(2, far)));
    h.global(near);
    for (const channel of [near, far, lost]) h.goroutine([], [channel]);
    const { reaches, counts } = await h.reached();
    expect([near, far, lost].map(reaches)).to.deep.equal([true, true, false]);
    expect(counts?.live).to.equal(2);
  });

  it('goes on over the stack of a goroutine that can be woken, and of no other', async () => {
    const h = heap();
    const [first, second, third, fourth] = [h.object(), h.object(), h.object(), h.object()];
    h.goroutine([first]);
    h.goroutine([second], [first]);
    h.goroutine([], [second]);
    h.goroutine([fourth], [third]);
    h.goroutine([third], [fourth]);
    const { reaches } = await h.reached();
    expect([first, second, third, fourth].map(reaches)).to.deep.equal([true, true, false, false]);
  });

  it('wakes a select by any of its cases', async () => {
    const h = heap();
    const [one, other, held] = [h.object(), h.object(), h.object()];
    h.global(other);
    h.goroutine([held], [one, other]);
    h.goroutine([], [held]);
    expect([one, held].map((await h.reached()).reaches)).to.deep.equal([false, true]);
  });

  it('takes a pointer into an object for one at it', async () => {
    const h = heap();
    const channel = h.object();
    h.global(h.object(0, channel) + 40);
    h.goroutine([], [channel]);
    expect((await h.reached()).reaches(channel)).to.equal(true);
  });

  it('does not follow numbers in objects without pointers, free slots and queues of channels', async () => {
    const h = heap();
    const [byNumber, byFree, byQueue, known] = [h.object(), h.object(), h.object(), h.object()];
    const free = h.object(byFree);
    h.global(h.plainObject(byNumber));
    h.global(free);
    h.global(known);
    for (const channel of [byNumber, byFree, byQueue]) h.goroutine([], [channel]);
    h.goroutine([], [known]);
    // The queue of a channel leads to who waits there, not to what else they wait for.
    h.put(known + hchan.receivers + 8, byQueue);
    h.free(free);
    expect([byNumber, byFree, byQueue, known].map((await h.reached()).reaches)).to.deep.equal([
      false,
      false,
      false,
      true,
    ]);
  });

  it('sees what lies beside memory that is not in the core', async () => {
    const h = heap();
    const [known, lost] = [h.object(), h.object()];
    h.global(known);
    for (const channel of [known, lost]) h.goroutine([], [channel]);
    const { reaches } = await h.reached([], 32 * page);
    expect([known, lost].map(reaches)).to.deep.equal([true, false]);
  });

  it('counts registers, and objects with a finalizer, but no samples of the memory profile', async () => {
    const h = heap();
    const [inRegister, finalized] = [h.object(), h.object()];
    h.special(h.object(finalized), 2);
    for (const channel of [inRegister, finalized]) h.goroutine([], [channel]);
    expect([inRegister, finalized].map((await h.reached([inRegister])).reaches)).to.deep.equal([true, true]);
    const other = heap();
    const lost = other.object();
    other.special(other.object(lost), profile);
    other.goroutine([], [lost]);
    expect((await other.reached()).reaches(lost)).to.equal(false);
  });
});

describe('what alone leads to an object', () => {
  it('are the goroutines that wait themselves and have it, where nothing else does', async () => {
    const h = heap();
    const [answer, known, other] = [h.object(), h.object(), h.object()];
    h.global(known);
    const asks = h.goroutine([answer], [answer]);
    const serves = h.goroutine([h.object(0, h.object(answer)), known], [other]);
    expect(await h.leaders({ queues: [], targets: [answer, known] }, [asks, serves])).to.deep.equal([
      [answer, [asks, serves], []],
    ]);
  });

  it('is a queue in whose buffer the request waits, however many have the queue', async () => {
    const h = heap();
    const answer = h.object();
    const request = h.object(7, answer);
    const queue = h.object(1, 4);
    h.put(queue + hchan.buffer, h.object(0, request));
    h.global(queue);
    const asks = h.goroutine([answer], [answer]);
    expect(await h.leaders({ queues: [queue], targets: [answer] }, [asks])).to.deep.equal([
      [answer, [asks], [queue]],
    ]);
    expect(await h.leaders({ queues: [], targets: [answer] }, [asks])).to.deep.equal([]);
    h.put(queue + hchan.count, 0);
    expect(await h.leaders({ queues: [queue], targets: [answer] }, [asks])).to.deep.equal([]);
  });

  it('is nobody who has only what lies behind it in the same object', async () => {
    const h = heap();
    const answer = h.object();
    const request = h.object(0, answer, 0, 5);
    h.global(request + 24);
    const asks = h.goroutine([request], [answer]);
    expect(await h.leaders({ queues: [], targets: [answer] }, [asks])).to.deep.equal([[answer, [asks], []]]);
    // Whoever has the object from its beginning has it all, in whatever order that is found.
    h.global(h.object(request + 8));
    expect(await h.leaders({ queues: [], targets: [answer] }, [asks])).to.deep.equal([]);
  });

  it('does not lead from one case of a select to the others', async () => {
    const h = heap();
    const [answer, known] = [h.object(), h.object()];
    h.global(known);
    const asks = h.goroutine([answer], [known, answer]);
    expect(await h.leaders({ queues: [], targets: [answer] }, [asks])).to.deep.equal([[answer, [asks], []]]);
  });
});

describe('by what an object of the heap is reached', () => {
  const nothing = { last: [] };

  it('is a package variable, however far away, rather than the stack of who uses it', async () => {
    const h = heap();
    const [near, far, lost] = [h.object(), h.object(), h.object()];
    const variable = h.global(h.object(1, h.object(2, far)));
    const other = h.global(near);
    h.goroutine([far, near]);
    for (const channel of [near, far, lost]) h.goroutine([], [channel]);
    const { rootOf } = await h.reached([], 0, nothing);
    expect([near, far, lost].map((one) => rootOf?.(one))).to.deep.equal([
      { kind: 'variable', address: other, itself: false },
      { kind: 'variable', address: variable, itself: false },
      undefined,
    ]);
    expect(rootOf?.(variable)).to.deep.equal({ kind: 'variable', address: variable, itself: true });
    expect((await h.reached()).rootOf).to.equal(undefined);
  });

  it('is one of the variables that come last only where nothing else leads to it', async () => {
    const h = heap();
    const [shared, own] = [h.object(), h.object()];
    const runtime = h.global(h.object(shared, own));
    const running = h.goroutine([shared]);
    h.put(running + g.goid, 7);
    for (const channel of [shared, own]) h.goroutine([], [channel]);
    const last = [{ start: runtime, end: runtime + 8 }];
    const { rootOf, reaches } = await h.reached([], 0, { last });
    expect([shared, own].map(reaches)).to.deep.equal([true, true]);
    expect(rootOf?.(shared)).to.deep.equal({ kind: 'goroutine', id: 7 });
    expect(rootOf?.(own)).to.deep.equal({ kind: 'variable', address: runtime, itself: false });
  });

  it('is the stack of a goroutine, with what keeps that one alive', async () => {
    const h = heap();
    const [first, second, third] = [h.object(), h.object(), h.object()];
    const variable = h.global(first);
    h.put(h.goroutine([second], [first]) + g.goid, 1);
    h.put(h.goroutine([third], [second]) + g.goid, 2);
    h.goroutine([], [third]);
    const { rootOf } = await h.reached([], 0, nothing);
    const one = { kind: 'variable', address: variable, itself: false } as const;
    expect(rootOf?.(third)).to.deep.equal({
      ...{ kind: 'goroutine', id: 2 },
      waitsFor: { kind: 'goroutine', id: 1, waitsFor: one },
    });
  });

  it('is what is attached to an object, or a thread', async () => {
    const h = heap();
    const [finalized, inRegister] = [h.object(), h.object()];
    h.special(h.object(finalized), 2);
    for (const channel of [finalized, inRegister]) h.goroutine([], [channel]);
    const { rootOf } = await h.reached([inRegister], 0, nothing);
    expect([finalized, inRegister].map((one) => rootOf?.(one))).to.deep.equal([
      { kind: 'attached' },
      { kind: 'thread' },
    ]);
  });
});
