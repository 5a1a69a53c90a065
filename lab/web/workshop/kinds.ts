import type { DeadlockSubtype } from '../../analysis/model/diagnosis.js';

/** A node of a small picture: a goroutine or an object, by its place on a grid of 3 × 2. */
export interface KindNode {
  readonly id: string;
  readonly is: 'goroutine' | 'object';
  readonly at: readonly [column: number, row: number];
}

/** An arrow from who waits to what it waits for, or from an object to who has it or owes it. */
export type KindArrow = readonly [from: string, to: string, verb: string];

export interface Kind {
  readonly name: DeadlockSubtype;
  readonly class: string;
  readonly says: string;
  readonly looks: string;
  readonly nodes: readonly KindNode[];
  readonly arrows: readonly KindArrow[];
}

const g = (id: string, column: number, row: number): KindNode => ({ id, is: 'goroutine', at: [column, row] });
const o = (id: string, column: number, row: number): KindNode => ({ id, is: 'object', at: [column, row] });

export const kinds: readonly Kind[] = [
  {
    ...{ name: 'double-lock', class: 'resource' },
    says: 'A goroutine locks what it has locked already, or a lock was never given back.',
    looks: 'Nobody holds it who is not waiting for it; look for a return between Lock and Unlock.',
    nodes: [g('G', 0, 0), o('lock', 2, 0)],
    arrows: [
      ['G', 'lock', 'waits'],
      ['lock', 'G', 'held by'],
    ],
  },
  {
    ...{ name: 'ab-ba', class: 'resource' },
    says: 'Two locks are taken in two orders: each of two goroutines holds what the other one wants.',
    looks: 'Often both are at the same line, with the addresses crosswise.',
    nodes: [g('G1', 0, 0), o('A', 2, 0), g('G2', 2, 1), o('B', 0, 1)],
    arrows: [
      ['G1', 'A', 'waits'],
      ['A', 'G2', 'held by'],
      ['G2', 'B', 'waits'],
      ['B', 'G1', 'held by'],
    ],
  },
  {
    ...{ name: 'rwr', class: 'resource' },
    says: 'A goroutine takes a read lock twice; a writer came between, and readers queue behind writers.',
    looks: 'A reader waits under a frame that has read-locked the same lock.',
    nodes: [g('reader', 0, 0), o('lock', 2, 0), g('writer', 2, 1)],
    arrows: [
      ['reader', 'lock', 'waits'],
      ['lock', 'writer', 'kept for'],
      ['writer', 'reader', 'waits for'],
    ],
  },
  {
    ...{ name: 'channel', class: 'communication' },
    says: 'Whoever would receive or send waits itself, or has gone.',
    looks: 'Many in “chan send”; ask who receives, and where that one is.',
    nodes: [g('senders', 0, 0), o('channel', 2, 0), g('receiver', 2, 1)],
    arrows: [
      ['senders', 'channel', 'send'],
      ['channel', 'receiver', 'owed by'],
      ['receiver', 'channel', 'sends'],
    ],
  },
  {
    ...{ name: 'channel-context', class: 'communication' },
    says: 'A goroutine waits for a context that nobody cancels, or that can never end.',
    looks: 'A select with Done() of a context without a cancel that is still called.',
    nodes: [g('G', 0, 0), o('Done()', 2, 0)],
    arrows: [['G', 'Done()', 'waits']],
  },
  {
    ...{ name: 'channel-condvar', class: 'communication' },
    says: 'Who would signal a condition waits at a channel whose other end waits for the condition.',
    looks: 'Among many in Cond.Wait one was started elsewhere.',
    nodes: [g('waiter', 0, 0), o('cond', 2, 0), g('signaller', 2, 1), o('channel', 0, 1)],
    arrows: [
      ['waiter', 'cond', 'waits'],
      ['cond', 'signaller', 'owed by'],
      ['signaller', 'channel', 'sends'],
      ['channel', 'waiter', 'owed by'],
    ],
  },
  {
    ...{ name: 'condvar', class: 'communication' },
    says: 'A signal was given before anybody waited, or reached the wrong one; no other will come.',
    looks: 'All wait in Cond.Wait, and what they wait for is true already.',
    nodes: [g('G', 0, 0), o('cond', 2, 0)],
    arrows: [['G', 'cond', 'waits']],
  },
  {
    ...{ name: 'channel-lock', class: 'mixed' },
    says: 'A goroutine sends or receives under a lock that the other side of the channel needs.',
    looks: 'Someone in “chan send” between a Lock and its Unlock.',
    nodes: [g('sender', 0, 0), o('channel', 2, 0), g('receiver', 2, 1), o('lock', 0, 1)],
    arrows: [
      ['sender', 'channel', 'sends'],
      ['channel', 'receiver', 'owed by'],
      ['receiver', 'lock', 'waits'],
      ['lock', 'sender', 'held by'],
    ],
  },
  {
    ...{ name: 'channel-waitgroup', class: 'mixed' },
    says: 'Wait comes before what would let the workers end: a close, a receive.',
    looks: 'One in WaitGroup.Wait, and its workers at a channel that it would serve next.',
    nodes: [g('waiter', 0, 0), o('group', 2, 0), g('worker', 2, 1), o('channel', 0, 1)],
    arrows: [
      ['waiter', 'group', 'waits'],
      ['group', 'worker', 'owed by'],
      ['worker', 'channel', 'waits'],
      ['channel', 'waiter', 'owed by'],
    ],
  },
  {
    ...{ name: 'waitgroup-misuse', class: 'mixed' },
    says: 'A wait group counts somebody who never comes to Done: one Add too many, a return that misses it.',
    looks: 'One in WaitGroup.Wait, and none left who would call Done.',
    nodes: [g('G', 0, 0), o('group', 2, 0)],
    arrows: [['G', 'group', 'waits']],
  },
  {
    ...{ name: 'busy-wait', class: 'livelock' },
    says: 'A loop asks again and again whether something has changed, and who would change it cannot.',
    looks: 'Processor time is high, and nothing is answered: two looks show the same loop.',
    nodes: [g('spinner', 0, 0), o('flag', 2, 0), g('other', 2, 1)],
    arrows: [
      ['spinner', 'flag', 'asks'],
      ['flag', 'other', 'owed by'],
      ['other', 'spinner', 'waits for'],
    ],
  },
  {
    ...{ name: 'try-lock', class: 'livelock' },
    says: 'Two who hold one lock each try for the other’s, over and over.',
    looks: 'TryLock in a loop, under a lock.',
    nodes: [g('G1', 0, 0), o('A', 2, 0), g('G2', 2, 1), o('B', 0, 1)],
    arrows: [
      ['G1', 'A', 'tries'],
      ['A', 'G2', 'held by'],
      ['G2', 'B', 'tries'],
      ['B', 'G1', 'held by'],
    ],
  },
  {
    ...{ name: 'across-processes', class: 'resource' },
    says: 'Two services ask each other while both hold what the answer needs.',
    looks: 'Each core alone shows requests that wait for the network; together they are a circle.',
    nodes: [g('service 1', 0, 0), g('service 2', 2, 0)],
    arrows: [
      ['service 1', 'service 2', 'asks'],
      ['service 2', 'service 1', 'asks'],
    ],
  },
];
