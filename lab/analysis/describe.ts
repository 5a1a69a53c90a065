import type { DelveClient } from '../delve/client.js';
import type { CallOptions } from '../delve/rpc.js';
import type { Stackframe } from '../delve/wire.js';
import { LabError, messageOf } from '../errors.js';
import type { Location } from './diagnosis.js';
import type { Frame, GoroutineState } from './snapshot.js';

const maxDepth = 200;
/** A deep recursion is read again. */
const maxDeepDepth = 20_000;

/** By the runtime's number, without the garbage collector's scan bit. */
export function goroutineState(status: number): GoroutineState {
  const states: Readonly<Record<number, GoroutineState>> = {
    1: 'runnable',
    2: 'running',
    3: 'syscall',
    4: 'waiting',
  };
  return states[status] ?? 'other';
}

/** The stack of a goroutine with inlined calls; empty, with a line in `limits`, when Delve cannot read it. */
export async function describeStack(
  client: DelveClient,
  id: number,
  options: CallOptions,
  limits: Set<string>,
): Promise<Frame[]> {
  try {
    const frames = await client.stacktrace({ id, depth: maxDepth }, options);
    if (frames.length < maxDepth) return toFrames(frames);
    return toFrames(await client.stacktrace({ id, depth: maxDeepDepth }, options));
  } catch (error) {
    if (error instanceof LabError && error.code === 'interrupted') throw error;
    limits.add(`The stack of goroutine ${id} could not be read: ${messageOf(error)}`);
    return [];
  }
}

/** Delve lists an inlined call as a frame of its own at the same program counter and frame as its caller. */
export function toFrames(stack: readonly Stackframe[]): Frame[] {
  return stack.map((frame, index) => {
    const outer = stack[index + 1];
    const inlined = outer !== undefined && outer.pc === frame.pc && outer.FrameOffset === frame.FrameOffset;
    return { ...toLocation(frame), index, inlined, offset: frame.FrameOffset };
  });
}

/** A location of Delve's, or a frame of ours, as the diagnosis has it. */
export function toLocation(at: {
  readonly file: string;
  readonly line: number;
  readonly function?: { readonly name: string } | null | undefined;
}): Location {
  return { function: at.function?.name ?? '', file: at.file, line: at.line };
}

/** Marks a signature whose stack does not show where it ends. */
export function partialMark(frames: readonly Frame[]): { readonly partial?: true } {
  // Every goroutine's stack begins in goexit; Delve does not always find its way back out of C.
  return frames.at(-1)?.function === 'runtime.goexit' ? {} : { partial: true };
}
