import { type DelveClient, globalScope } from '../../delve/client.js';
import type { CallOptions } from '../../delve/rpc.js';
import type { Stackframe } from '../../delve/wire.js';
import { LabError, messageOf } from '../../errors.js';
import { maxFrames } from '../../goruntime/goroutines.js';
import { shortTypeArguments } from '../../source/type-arguments.js';
import type { Location } from '../model/diagnosis.js';
import type { Frame } from '../model/frames.js';
import type { Limits } from '../model/limits.js';
import type { GoroutineState } from '../model/snapshot.js';

/** A deeper recursion is read again. */
const maxDepth = 200;

/** By the runtime's number, without the garbage collector's scan bit. */
export function goroutineState(status: number): GoroutineState {
  const states: Readonly<Record<number, GoroutineState>> = {
    1: 'runnable',
    2: 'running',
    3: 'syscall',
    4: 'waiting',
    10: 'waiting',
  };
  return states[status] ?? 'other';
}

export interface StackReading {
  readonly frames: Frame[];
  readonly limits: Limits;
}

/** The stack of a goroutine with inlined calls; empty when Delve cannot read it, which `limits` says. */
export async function describeStack(
  client: DelveClient,
  id: number,
  options: CallOptions,
): Promise<StackReading> {
  try {
    const frames = await client.stacktrace({ id, depth: maxDepth }, options);
    if (frames.length < maxDepth) return { frames: toFrames(frames), limits: [] };
    const deep = await client.stacktrace({ id, depth: maxFrames }, options);
    const line = `The stack of goroutine ${id} has more than ${maxFrames} frames: what called them was not looked at, and goroutines that differ only there count as alike.`;
    return { frames: toFrames(deep), limits: deep.length < maxFrames ? [] : [line] };
  } catch (error) {
    if (error instanceof LabError && error.code === 'interrupted') throw error;
    return { frames: [], limits: [`The stack of goroutine ${id} could not be read: ${messageOf(error)}`] };
  }
}

/**
 * The stack of a goroutine that Delve would look for too long, out of its return addresses: each is looked up by
 * itself. Of inlined calls only the innermost one of the program is known, which Delve's list tells. An index of
 * these frames may be too small by the calls that were inlined.
 */
export async function describeFarStack(
  client: DelveClient,
  { id, index, pcs }: { readonly id: number; readonly index: number; readonly pcs: readonly number[] },
  options: CallOptions,
): Promise<Frame[]> {
  const page = await client.listGoroutines({ start: index, count: 1 }, options);
  const listed = page.Goroutines.find((goroutine) => goroutine.id === id);
  const user = listed?.userCurrentLoc;
  const frames: Location[] = [];
  const known = new Map<number, ReturnType<DelveClient['findLocation']>>();
  for (const [i, pc] of pcs.entries()) {
    if (pc === 0) continue;
    // A return address lies behind its call, which may be the last instruction of its line.
    const at = i === 0 ? pc : pc - 1;
    const asked = known.get(at) ?? client.findLocation(globalScope, `*${at}`, options);
    known.set(at, asked);
    const [found] = await asked;
    if (found === undefined) continue;
    const location = toLocation(found);
    if (user?.pc === pc && user.function?.name !== location.function) frames.push(toLocation(user));
    frames.push(location);
  }
  if (frames.length === 0 && listed !== undefined) frames.push(toLocation(listed.currentLoc));
  return frames.map((location, at) => ({
    ...location,
    index: at,
    inlined:
      at + 1 < frames.length && user?.function?.name === location.function && location.line === user.line,
  }));
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
  return { function: shortTypeArguments(at.function?.name ?? ''), file: at.file, line: at.line };
}

/** Marks a signature whose stack does not show where it ends. */
export function partialMark(frames: readonly Frame[]): { readonly partial?: true } {
  // Every goroutine's stack begins in goexit; Delve does not always find its way back out of C.
  return frames.at(-1)?.function === 'runtime.goexit' ? {} : { partial: true };
}
