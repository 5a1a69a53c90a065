import type { HeapLayout } from '../../lab/goruntime/heap/layout.js';
import { findLeaders } from '../../lab/goruntime/heap/leaders.js';
import { findReached } from '../../lab/goruntime/heap/reach.js';
import type { ReachSource } from '../../lab/goruntime/heap/reach-source.js';
import { readSpans } from '../../lab/goruntime/heap/spans.js';
import type { RuntimeLayout } from '../../lab/goruntime/layout.js';
import { memoryOf } from './memory.js';

const { signal } = new AbortController();
export const base = 0xc000000000;
export const page = 8192;
const slot = 128;
const word = (offset: number) => ({ offset, size: 8 });
export const g = {
  ...{ goid: 0, status: 8, waitReason: 12, waitSince: 16, waiting: 24, pc: 32, bp: 40, sp: 48 },
  ...{ stackLo: 56, stackHi: 64, startPc: 72, goPc: 80 },
};
const sudog = { g: 0, next: 8, elem: 16, waitLink: 24, channel: 32, isSelect: 40, success: 41, prev: 48 };
export const hchan = {
  ...{ count: 0, capacity: 8, elemSize: 16, closed: 20, elemType: 24, receivers: 32, senders: 48 },
  ...{ timer: 72, timerWhen: 0, buffer: 64 },
};
const running = 2;
const waiting = 4;
export const profile = 4;

/** A heap of three pages: objects with pointers, objects without, and what the runtime keeps of goroutines. */
export function heap() {
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
