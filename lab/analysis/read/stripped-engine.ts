import { openCoreMemory } from '../../core/memory.js';
import type { CheckedPair } from '../../core/pair.js';
import { LabError } from '../../errors.js';
import { hasPendingTimers } from '../../goruntime/timers.js';
import type { Limits } from '../model/limits.js';
import type { Trust } from '../model/trust.js';
import type { Engine, Unread } from './engine.js';
import { channelsWithoutNames, excludingNothing, syncLocator } from './locators.js';
import { processOf, unsureMatch } from './process-facts.js';
import { readStripped, type StrippedWants } from './read-stripped.js';

/** Why the program is read without Delve. */
export type WithoutDelve =
  | { readonly kind: 'stripped' }
  | { readonly kind: 'unreadable'; readonly why: string };

interface LackText {
  readonly short: string;
  readonly long: string;
  readonly remedy: string;
}

const stripped: LackText = {
  short: 'the executable is stripped',
  long: 'The executable has no debug information (built with -ldflags=-s or -w, or stripped)',
  remedy:
    'Pass the unstripped executable of the same build with --exe: the one that `strip` made this of, if it was kept.',
};

function textOf(reason: WithoutDelve): LackText {
  if (reason.kind === 'stripped') return stripped;
  return {
    short: 'Delve cannot read these files, so one of them may be damaged',
    long: `Delve cannot read these files, so one of them may be damaged (${reason.why}); memory was read without it`,
    remedy: 'Copy both again from where the process ran, or build the same commit once more.',
  };
}

/**
 * Reads a program without debug information (`-ldflags=-s` or `-w`, or `strip`), or one that Delve cannot read:
 * everything that its memory tells by itself, what nothing alive can reach among it. No variable of any frame can be
 * read, so nothing that rests on frames is more than suspected.
 */
export function strippedEngine(
  pair: CheckedPair,
  reason: WithoutDelve,
  { signal, ...wants }: StrippedWants & { readonly signal: AbortSignal },
): Engine {
  const memory = openCoreMemory(pair.core.path, pair.exe.path);
  const process = processOf(pair);
  const text = textOf(reason);
  return {
    async read() {
      const read = await readStripped(pair, memory, signal, wants);
      if (read.kind === 'lost') {
        if (reason.kind === 'unreadable') throw unreadable(pair, reason.why, read.why);
        return unread(pair, read.why);
      }
      const { snapshot, layout, evaluateNumber, variables } = read;
      const objects = syncLocator({ client: undefined, memory, layout }, snapshot, { signal, timeoutMs: 0 });
      return {
        ...{ kind: 'read', engine: 'core-reader', snapshot, process, trust: trustIn(text) },
        mainModule: pair.exe.build?.mainModule,
        operands: {
          channels: channelsWithoutNames({ memory, layout }, snapshot),
          syncObjects: excludingNothing(objects),
        },
        timersPending: () => hasPendingTimers(evaluateNumber),
        variables,
        limits: [lost(text), knownAnyway(pair), ...unsureMatch(pair), ...read.limits],
      };
    },
    [Symbol.asyncDispose]() {
      memory[Symbol.dispose]();
      return Promise.resolve();
    },
  };
}

const trustIn = ({ short, remedy }: LackText): Trust => ({
  atMost: 'suspected',
  lack: {
    ...{ why: short, remedy },
    doubt: 'No frame could be evaluated in the stripped program, so this is suspected.',
    doubtOfStory:
      'That nobody can wake them is proved by memory; how it came about is what the sources and the pointers in frames suggest.',
  },
});

const lost = ({ long, remedy }: LackText) =>
  `${long}. Lost are: variables ` +
  'and arguments of frames, so that no expression was evaluated, and holders of locks are told by pointers in their ' +
  "frames alone; names of channels and locks that the sources do not tell; Delve's second opinion on what was read. " +
  `${remedy} Delve then takes the commands of each claim, too.`;

/** Which process it was and how it ended, from the core's notes and the executable's build information. */
function knownAnyway({ exe, core }: CheckedPair): string {
  const { command, pid, threads, signal } = core;
  const module = exe.build?.path ?? exe.mainModulePath;
  const known = [
    module === undefined ? '' : `package ${module}`,
    command === undefined ? '' : `command ${command.args === '' ? command.name : command.args}`,
    pid === undefined ? '' : `process ${pid}`,
    `${threads.length} threads`,
    signal === 0 ? 'a debugger took the core' : `signal ${signal} ended it`,
  ].filter((text) => text !== '');
  return `What the headers of the files tell: ${known.join(', ')}.`;
}

/** Neither of the two readers found goroutines. */
function unreadable({ exe, core }: CheckedPair, byDelve: string, without: string): LabError {
  return new LabError(
    `no goroutine can be read from ${exe.path} and ${core.path}, so at least one of them is damaged (${byDelve}; ${without})`,
    { code: 'usage', hint: 'copy both files again from where the process ran' },
  );
}

function unread(pair: CheckedPair, why: string): Unread {
  const { short, long, remedy } = stripped;
  const limits: Limits = [
    `${long}, and reading its memory without failed: ${why}. No goroutine was counted.`,
    knownAnyway(pair),
  ];
  return {
    ...{ kind: 'unread', engine: 'core-reader', process: processOf(pair), limits },
    summary: `Undecided: ${short}, and its goroutines could not be read. ${remedy}`,
  };
}
