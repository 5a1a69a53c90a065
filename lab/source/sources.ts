import { z } from 'zod';
import { LabError, messageOf } from '../errors.js';
import { type AnswerCache, openAnswerCache } from './answer-cache.js';
import {
  type ArgumentWord,
  alikeSchema,
  classSchema,
  type FrameInfo,
  type OperationClass,
  placesSchema,
  type SourceRead,
  type SourceText,
  type Spin,
  type StacksAnswer,
  spinsSchema,
  stacksSchema,
  textsSchema,
  type WaitingOp,
  type WaitMode,
  wordsSchema,
} from './facts.js';
import { type FactsSession, startFacts } from './helper.js';
import { FactsFailure } from './helper-failure.js';
import type { OpenSources } from './open-sources.js';

/** One stack of a core, innermost frame first. */
export interface SourceStack {
  readonly id: string;
  /** Its goroutines wait; others run, or are about to. */
  readonly parked: boolean;
  /** Its outer frames could not be read. */
  readonly partial: boolean;
  readonly frames: readonly {
    readonly function: string;
    readonly file: string;
    readonly line: number;
    readonly inlined: boolean;
  }[];
}

/** What the sources of a program tell about the stacks of one core. Stacks and frames are numbers. */
export interface Sources {
  /** Why there are none, where there are none. */
  readonly absent: string | undefined;
  /** What else limits them, in a sentence. */
  readonly caution: string | undefined;
  frame(stack: number, frame: number): FrameInfo;
  /** Stacks of which some frame could not be told: their goroutines may do anything. */
  readonly unseen: readonly string[];
  /** Recorded files that were not found, or are not what was compiled. */
  readonly missing: readonly string[];
  readonly read: readonly SourceRead[];
  /** Questions that the helper failed at so far, and why it did at the first. */
  unanswered(): { readonly questions: number; readonly why: string } | undefined;
  /** The operations of some kinds that each of these frames may be parked in. */
  places(
    items: readonly { readonly stack: number; readonly frame: number; readonly kinds: readonly string[] }[],
  ): Promise<readonly (readonly WaitingOp[])[]>;
  /** Everyone who could end waits at these operations. */
  releasers(ops: readonly number[], mode: WaitMode): Promise<AnsweredClass>;
  /** How the arguments that a traceback prints of each frame lead to the object of an expression, where they do. */
  words(
    items: readonly { readonly stack: number; readonly frame: number; readonly expr: string }[],
  ): Promise<readonly (ArgumentWord | undefined)[]>;
  /** The loop that each of these frames spins in, where it does: nothing waits there, and only others can end it. */
  spins(
    items: readonly { readonly stack: number; readonly frame: number }[],
  ): Promise<readonly (Spin | undefined)[]>;
  /** Numbers operations so that those with one number may share an object; others do not. */
  alike(ops: readonly number[]): Promise<readonly number[]>;
  /** What it takes to find the same on a machine that has none of these files. */
  texts(): Promise<readonly SourceText[]>;
}

export interface AnsweredClass extends OperationClass {
  /** Why nothing is known of it: anybody may end these waits. */
  readonly unanswered?: string;
}

/** The sources of a program, before any stack is known. */
export interface LoadingSources extends AsyncDisposable {
  /** Resolves the stacks; packages of Go's library in which goroutines wait are read with their functions. */
  withStacks(stacks: readonly SourceStack[], bodies: readonly string[]): Promise<Sources>;
}

/**
 * Has the helper load the program while others open the core; failures show when the facts are asked for. What was
 * asked about the same stacks of the same build before is answered without it, as long as its files are the same.
 */
export async function loadSources(options: OpenSources): Promise<LoadingSources> {
  const { signal, exe, sourceMap, cacheDir } = options;
  const cache = await openAnswerCache(options);
  let session: FactsSession | undefined;
  let loading: Promise<unknown> | undefined;
  const start = (): FactsSession => {
    session ??= startFacts({ path: options.helper, signal, onProgress: options.onProgress });
    loading ??= session.call(
      'load',
      {
        ...{ exe, goRoot: options.goRoot ?? '', otherGoRoot: options.otherGoRoot ?? '', cacheDir },
        sourceMap: sourceMap.map(({ from, to }) => ({ From: from, To: to })),
      },
      z.object({}),
      { signal },
    );
    loading.catch(() => undefined);
    return session;
  };
  // A build that is known may need no helper at all.
  if (!cache.hasAny) start();
  return {
    async withStacks(stacks, bodies) {
      const ask = async (): Promise<StacksAnswer> => {
        const helper = start();
        await loading;
        return await helper.call('stacks', { stacks, bodies }, stacksSchema, { signal });
      };
      const core = cache.of({ stacks, bodies });
      const { answer: told, isKept } = await core.stacks(ask);
      let asked = isKept ? undefined : Promise.resolve(told);
      const ready = async () => {
        asked ??= ask();
        await asked;
        return start();
      };
      return sourcesOf(told, core, ready, options);
    },
    [Symbol.asyncDispose]: async () => await session?.[Symbol.asyncDispose](),
  };
}

function sourcesOf(
  told: StacksAnswer,
  cache: ReturnType<AnswerCache['of']>,
  ready: () => Promise<FactsSession>,
  { signal, caution }: OpenSources,
): Sources {
  const classes = new Map<string, Promise<AnsweredClass>>();
  let unanswered: { readonly questions: number; readonly why: string } | undefined;
  /** A helper that fails costs the answer, and all further ones when it has ended. */
  const call = async <T, U>(
    method: string,
    params: object,
    schema: z.ZodType<T>,
    without: (why: string) => U,
  ): Promise<T | U> => {
    try {
      return await cache.answer(method, params, schema, async () =>
        (await ready()).call(method, params, schema, { signal }),
      );
    } catch (error) {
      if (signal.aborted || isInterrupted(error)) throw error;
      const why = whyNoFacts(error);
      unanswered = { why: unanswered?.why ?? why, questions: (unanswered?.questions ?? 0) + 1 };
      return without(why);
    }
  };
  return {
    absent: undefined,
    caution,
    unseen: told.unseen,
    missing: told.loaded.missing,
    read: told.loaded.sources,
    unanswered: () => unanswered,
    frame: (stack, frame) => told.infos[told.of[stack]?.[frame] ?? -1] ?? unknownFrame,
    async places(items) {
      if (items.length === 0) return [];
      return (await call('places', { items }, placesSchema, () => ({ places: [] }))).places;
    },
    releasers(ops, mode) {
      const sorted = [...ops].sort((a, b) => a - b);
      const key = `${mode} ${sorted.join(' ')}`;
      const asked =
        classes.get(key) ?? call('releasers', { ops: sorted, mode }, classSchema, unansweredClass);
      classes.set(key, asked);
      return asked;
    },
    async words(items) {
      if (items.length === 0) return [];
      const { words } = await call('words', { items }, wordsSchema, () => ({ words: [] }));
      return items.map((_, i) => words[i] ?? undefined);
    },
    async spins(items) {
      if (items.length === 0) return [];
      const { spins } = await call('spins', { items }, spinsSchema, () => ({ spins: [] }));
      return items.map((_, i) => spins[i] ?? undefined);
    },
    async alike(ops) {
      if (ops.length === 0) return [];
      const { groups } = await call('alike', { ops }, alikeSchema, () => ({ groups: [] }));
      return ops.map((_, i) => groups[i] ?? -1);
    },
    async texts() {
      const helper = await ready();
      return (await helper.call('texts', {}, textsSchema, { signal })).files ?? [];
    },
  };
}

const unknownFrame: FrameInfo = { library: false, known: false, start: 0, here: false, byName: false };

/** Where the library's files lay, as far as paths tell: without the helper nothing else does. */
export function withoutSources(
  absent: string,
  stacks: readonly SourceStack[],
  isLibrary: (file: string) => boolean,
): Sources {
  return {
    absent,
    caution: undefined,
    unseen: [],
    missing: [],
    read: [],
    unanswered: () => undefined,
    frame: (stack, frame) => ({
      ...unknownFrame,
      library: isLibrary(stacks[stack]?.frames[frame]?.file ?? ''),
    }),
    places: (items) => Promise.resolve(items.map(() => [])),
    releasers: () => Promise.resolve(nothing),
    words: (items) => Promise.resolve(items.map(() => undefined)),
    spins: (items) => Promise.resolve(items.map(() => undefined)),
    alike: (ops) => Promise.resolve(ops.map(() => -1)),
    texts: () => Promise.resolve([]),
  };
}

const nothing: OperationClass = {
  ...{ operations: [], gates: [], names: [], unknown: true, escapes: [], contexts: [], others: [] },
  ...{ background: false, departures: [], slots: [], holders: [], leaks: [] },
};

const unansweredClass = (why: string): AnsweredClass => ({
  ...nothing,
  unanswered: `the sources could not be asked: ${why}`,
});

export const isInterrupted = (error: unknown) => error instanceof LabError && error.code === 'interrupted';

/** Why there are no facts, for a line of limits. */
export function whyNoFacts(error: unknown): string {
  if (error instanceof FactsFailure) return error.why;
  return messageOf(error);
}
