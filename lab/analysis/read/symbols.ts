import type { CodeFrame, FunctionTable } from '../../core/function-table.js';
import { type DelveClient, globalScope } from '../../delve/client.js';
import type { CallOptions } from '../../delve/rpc.js';
import type { RawGoroutine } from '../../goruntime/goroutines.js';
import type { Unwind } from '../../goruntime/unwind.js';
import type { Location } from '../model/diagnosis.js';
import type { Frame } from '../model/frames.js';
import {
  describeFarStack,
  describeStack,
  goroutineState,
  type StackReading,
  toLocation,
} from './delve-stacks.js';

/** Tells what lies at addresses of the program's code. */
export interface Symbols {
  /** The stack of a goroutine, innermost first, inlined calls included; empty when it cannot be read. */
  stack(who: StackRequest, options: CallOptions): Promise<StackReading>;
  /** With an empty function when nothing is known of the address, or it is 0. */
  locate(pc: number, options: CallOptions): Promise<Location>;
  /** Many goroutines will be asked about, and none later in the list than this one. */
  expectUpTo(goroutine: number, options: CallOptions): Promise<void>;
}

export interface StackRequest {
  readonly goroutine: Pick<RawGoroutine, 'id' | 'pcs' | 'address' | 'status'>;
  /** Place in `runtime.allgs`. */
  readonly index: number;
  /** Delve would look for it too long. */
  readonly tooFar: boolean;
}

const unknownLocation: Location = { function: '', file: '', line: 0 };

/** `asLeft` reads stacks from where the scheduler left them; absent where that is not known. */
export function delveSymbols(
  client: DelveClient,
  asLeft: () => Promise<Symbols | undefined> = () => Promise.resolve(undefined),
): Symbols {
  return {
    async stack(who, options) {
      const { goroutine, index, tooFar } = who;
      const { id, pcs } = goroutine;
      if (tooFar) return { frames: await describeFarStack(client, { id, index, pcs }, options), limits: [] };
      const seen = await describeStack(client, id, options);
      const frames =
        goroutineState(goroutine.status) === 'waiting' ? withoutScheduler(seen.frames) : seen.frames;
      // A goroutine that its thread is just being given: Delve shows the stack of the thread alone.
      const left =
        frames.at(-1)?.function === leavesStack ? await (await asLeft())?.stack(who, options) : undefined;
      return left === undefined || left.frames.length === 0 ? { ...seen, frames } : left;
    },
    async locate(pc, options) {
      const [found] = pc === 0 ? [] : await client.findLocation(globalScope, `*${pc}`, options);
      return found === undefined ? unknownLocation : toLocation(found);
    },
    // Delve remembers every goroutine that it comes past, but looks for each new one from the beginning of its list.
    async expectUpTo(goroutineId, options) {
      await client.eval({ goroutineId, frame: 0 }, '0', options);
    },
  };
}

/** Where a goroutine leaves its stack for the one of its thread, to have another goroutine scheduled. */
const leavesStack = 'runtime.mcall';

/** What a thread still did on its own stack for a goroutine that has just begun to wait: no part of the wait. */
function withoutScheduler(frames: readonly Frame[]): Frame[] {
  const at = frames.findLastIndex(({ function: name }) => name === leavesStack);
  return frames.slice(at === frames.length - 1 ? 0 : at + 1);
}

/** Out of the program's own table: what a stripped program has, and as fast for the last goroutine as for the first. */
export function tableSymbols(table: FunctionTable, unwind: Unwind): Symbols {
  return {
    stack({ goroutine }) {
      const unwound = unwind(goroutine);
      // Saved frame pointers lead on where the table does not, but tell no frame's end.
      const same = unwound.length >= goroutine.pcs.length;
      const stack: readonly { readonly pc: number; readonly offset?: number }[] = same
        ? unwound
        : goroutine.pcs.map((pc) => ({ pc }));
      const frames = stack.flatMap(({ pc, offset }, i) =>
        // A return address lies behind its call, which may be the last instruction of its line.
        (pc === 0 ? [] : visible(table.frames(i === 0 ? pc : pc - 1))).map((frame) => ({ ...frame, offset })),
      );
      return Promise.resolve({ frames: frames.map((frame, index) => ({ ...frame, index })), limits: [] });
    },
    locate(pc) {
      const [at] = table.frames(pc);
      return Promise.resolve(at === undefined ? unknownLocation : locationOf(at));
    },
    expectUpTo: () => Promise.resolve(),
  };
}

const locationOf = ({ function: name, file, line }: CodeFrame): Location => ({ function: name, file, line });

const visible = (frames: readonly CodeFrame[]) => frames.filter((frame) => frame.function !== '');
