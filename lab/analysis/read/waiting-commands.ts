import {
  type CommandLayout,
  type CommandPipe,
  commandAt,
  type RunningCommand,
  readCommandLayout,
} from '../../goruntime/commands.js';
import { findReachedBesides } from '../../goruntime/heap/reach.js';
import { stackPointers } from '../../goruntime/heap/roots.js';
import { existing, nearStacks, stackWords } from '../../goruntime/pools/near-stacks.js';
import type { Limits } from '../model/limits.js';
import type { WaitingCommand } from '../model/pipes.js';
import type { Bucket, Snapshot } from '../model/snapshot.js';
import type { AskHeap, OpenHeap } from './open-heap.js';

/** A command that is no more than so many objects away from a stack. */
const mostSteps = 3;
/** Goroutines at commands that are looked at; each may take a look through the whole heap. */
const mostAsked = 16;
/** Objects that are looked through for a command, bytes each. */
const mostBytes = 1024;

/** Goroutines that wait for commands of which one end is left that nobody can use; where that cannot be told, `limits` says so. */
export async function readWaitingCommands(
  ask: AskHeap,
  { buckets }: Snapshot,
  signal: AbortSignal,
): Promise<{ readonly waiting: readonly WaitingCommand[]; readonly limits: Limits }> {
  const atCommands = buckets.filter((bucket) => waitsAt(bucket) !== undefined);
  if (atCommands.length === 0) return { waiting: [], limits: [] };
  const { found, limits } = await ask('The pipes of commands', [], async (heap) => {
    const layout = await readCommandLayout(heap.evaluate, heap.reach.runtime.allgs.base, signal);
    if (layout === undefined) return [];
    const out: WaitingCommand[] = [];
    for (const { bucket, goroutine } of candidates(atCommands)) {
      const waiting = await commandOf(goroutine, bucket, { heap, layout }, signal);
      if (waiting !== undefined) out.push(waiting);
    }
    return out;
  });
  return { waiting: found, limits };
}

const candidates = (buckets: readonly Bucket[]) =>
  buckets.flatMap((bucket) => bucket.ids.map((goroutine) => ({ bucket, goroutine }))).slice(0, mostAsked);

/** What a goroutine does at a command, or at a file that may be one's. */
function waitsAt({ wait, signature: { frames } }: Bucket): WaitingCommand['doing'] | undefined {
  if (wait.kind !== 'live') return undefined;
  const calls = (name: string) => frames.some((frame) => frame.function === name);
  if (calls('os/exec.(*Cmd).Wait') && calls('os.(*Process).Wait')) return 'wait';
  if (wait.why !== 'IO wait') return undefined;
  if (calls('os.(*File).Read')) return 'read';
  return calls('os.(*File).Write') ? 'write' : undefined;
}

async function commandOf(
  goroutine: number,
  bucket: Bucket,
  { heap, layout }: { readonly heap: OpenHeap; readonly layout: CommandLayout },
  signal: AbortSignal,
): Promise<WaitingCommand | undefined> {
  const { reach, spans, known, holderOf } = heap;
  const g = known.get(goroutine);
  const doing = waitsAt(bucket);
  if (g === undefined || doing === undefined) return undefined;
  const isItsOwn = ({ pipes }: RunningCommand) =>
    doing === 'wait' || pipes.some((pipe) => pipe.usedBy === g && pipe.end === doing);
  const command = [...nearCommands(g, heap, layout)].find(isItsOwn);
  if (command === undefined) return undefined;
  const idle = command.pipes.filter((pipe) => pipe.usedBy === 0 && matters(pipe, doing));
  if (idle.length === 0) return undefined;
  const besides = { goroutines: new Set([g]), objects: [command.address] };
  const reached = await findReachedBesides(reach, spans, besides, signal);
  const unused = idle.filter(({ address }) => !reached(address));
  if (unused.length === 0) return undefined;
  const others = existing(reach, signal).filter((other) => other !== g);
  const wanted = new Set(unused.map(({ address }) => spans.objectAt(address)));
  const { holders } = await nearStacks(await heap.needed(), spans, others, wanted, signal);
  const blockedAt = [...holders.values()].flatMap((one) => holderOf(one) ?? []);
  return {
    ...{ goroutine, bucket: bucket.key, doing, pid: command.pid },
    unused: unused.map(({ end }) => end),
    blockedAt: blockedAt.map((one) => ({ goroutine: one.goroutine, bucket: one.bucket })),
  };
}

/**
 * Who reads an answer, or writes a question, goes on to the other end afterwards, as in a conversation: only what else the
 * command prints is lost on it. Who waits for its end comes to none of them.
 */
const matters = ({ end }: CommandPipe, doing: WaitingCommand['doing']): boolean =>
  doing === 'wait' || end === 'read';

function* nearCommands(g: number, { reach, spans }: OpenHeap, layout: CommandLayout) {
  const { memory } = reach;
  const pointers = stackPointers(reach.registers);
  const seen = new Set<number>();
  let words: number[] = [...stackWords(reach, g, pointers)].map(({ word }) => word);
  for (let steps = 0; steps < mostSteps; steps++) {
    const next: number[] = [];
    for (const word of words) {
      const object = spans.objectAt(word);
      if (object < 0 || seen.has(object)) continue;
      seen.add(object);
      const span = spans.lastSpan();
      const size = spans.sizeOf(span);
      if (size > mostBytes || !spans.hasPointers(span)) continue;
      const start = spans.startOf(object, span);
      const command = size < layout.least ? undefined : commandAt(memory, spans, layout, start);
      if (command !== undefined) yield command;
      for (let i = 0; i + 8 <= size; i += 8) next.push(memory.u64(start + i) ?? 0);
    }
    words = next;
  }
}
