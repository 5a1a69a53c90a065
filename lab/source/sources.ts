import { messageOf } from '../errors.js';
import {
  classSchema,
  type FrameInfo,
  loadSchema,
  type OperationClass,
  placesSchema,
  type SourceRead,
  stacksSchema,
  type WaitingOp,
  type WaitMode,
} from './facts.js';
import { FactsFailure, type FactsSession, startFacts } from './helper.js';

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
  frame(stack: number, frame: number): FrameInfo;
  /** Stacks of which some frame could not be told: their goroutines may do anything. */
  readonly unseen: readonly string[];
  /** Recorded files that were not found, or are not what was compiled. */
  readonly missing: readonly string[];
  readonly read: readonly SourceRead[];
  /** The operations of some kinds that each of these frames may be parked in. */
  places(
    items: readonly { readonly stack: number; readonly frame: number; readonly kinds: readonly string[] }[],
  ): Promise<readonly (readonly WaitingOp[])[]>;
  /** Everyone who could end waits at these operations. */
  releasers(ops: readonly number[], mode: WaitMode): Promise<OperationClass>;
}

export interface OpenSources {
  readonly exe: string;
  /** Path of the helper. */
  readonly helper: string;
  readonly sourceMap: readonly { readonly from: string; readonly to: string }[];
  readonly goRoot?: string | undefined;
  /** Where the types of Go's library are kept. */
  readonly cacheDir: string;
  readonly signal: AbortSignal;
  readonly onProgress?: ((text: string) => void) | undefined;
}

/** The sources being loaded, before any stack is known. */
export interface LoadingSources extends AsyncDisposable {
  /** Resolves the stacks; packages of Go's library in which goroutines wait are read with their functions. */
  withStacks(stacks: readonly SourceStack[], bodies: readonly string[]): Promise<Sources>;
}

/** Starts the helper and has it load the program, while others open the core. Failures show when the facts are asked for. */
export function loadSources(options: OpenSources): LoadingSources {
  const { signal } = options;
  const session = startFacts({ path: options.helper, signal, onProgress: options.onProgress });
  const load = (bodies: readonly string[]) =>
    session.call(
      'load',
      {
        exe: options.exe,
        goRoot: options.goRoot ?? '',
        sourceMap: options.sourceMap.map(({ from, to }) => ({ From: from, To: to })),
        cacheDir: options.cacheDir,
        bodies,
      },
      loadSchema,
      { signal },
    );
  const first = load([]);
  first.catch(() => undefined);
  return {
    async withStacks(stacks, bodies) {
      const loaded = bodies.length === 0 ? await first : await first.then(() => load(bodies));
      const told = await session.call('stacks', { stacks }, stacksSchema, { signal });
      return sourcesOf(session, loaded, told, signal);
    },
    [Symbol.asyncDispose]: () => session[Symbol.asyncDispose](),
  };
}

function sourcesOf(
  session: FactsSession,
  loaded: { readonly missing: readonly string[]; readonly sources: readonly SourceRead[] },
  told: { readonly infos: readonly FrameInfo[]; readonly of: readonly (readonly number[])[]; readonly unseen: readonly string[] },
  signal: AbortSignal,
): Sources {
  const classes = new Map<string, Promise<OperationClass>>();
  return {
    absent: undefined,
    unseen: told.unseen,
    missing: loaded.missing,
    read: loaded.sources,
    frame: (stack, frame) => told.infos[told.of[stack]?.[frame] ?? -1] ?? unknownFrame,
    async places(items) {
      if (items.length === 0) return [];
      return (await session.call('places', { items }, placesSchema, { signal })).places;
    },
    releasers(ops, mode) {
      const key = `${mode} ${[...ops].sort((a, b) => a - b).join(' ')}`;
      const asked = classes.get(key) ?? session.call('releasers', { ops, mode }, classSchema, { signal });
      classes.set(key, asked);
      return asked;
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
    unseen: [],
    missing: [],
    read: [],
    frame: (stack, frame) => ({
      ...unknownFrame,
      library: isLibrary(stacks[stack]?.frames[frame]?.file ?? ''),
    }),
    places: (items) => Promise.resolve(items.map(() => [])),
    releasers: () => Promise.resolve(nothing),
  };
}

const nothing: OperationClass = {
  ...{ operations: [], gates: [], names: [], unknown: true, escapes: [], contexts: [], others: [] },
  ...{ background: false, departures: [], slots: [], holders: [], leaks: [] },
};

/** Why there are no facts, for a line of limits; what is no failure of the helper is thrown on. */
export function whyNoFacts(error: unknown): string {
  if (error instanceof FactsFailure) return error.why;
  return messageOf(error);
}
