import type { z } from 'zod';
import { LabError } from '../errors.js';
import { type RawListing, saveRawGoroutines } from './raw-goroutines.js';
import type { CallOptions, RpcConnection } from './rpc.js';
import * as wire from './wire.js';

/** How much of a variable Delve reads (`api.LoadConfig`). */
export interface LoadConfig {
  readonly FollowPointers: boolean;
  /** How deep nested structs are followed. */
  readonly MaxVariableRecurse: number;
  /** Bytes. */
  readonly MaxStringLen: number;
  /** Elements of arrays, slices and maps; of a channel's buffer too. */
  readonly MaxArrayValues: number;
  /** -1: all. */
  readonly MaxStructFields: number;
}

/** Names, numbers and addresses, no elements: a channel's buffer, a slice or a map is not expanded. */
export const smallLoad: LoadConfig = {
  FollowPointers: true,
  MaxVariableRecurse: 1,
  MaxStringLen: 256,
  MaxArrayValues: 0,
  MaxStructFields: -1,
};

/** What a person wants to see of a frame, `stack -full` in size. */
export const fullLoad: LoadConfig = {
  FollowPointers: true,
  MaxVariableRecurse: 2,
  MaxStringLen: 1024,
  MaxArrayValues: 16,
  MaxStructFields: -1,
};

/** An expression that cannot be evaluated (optimised away, out of scope, unmapped) is a value. */
export type Evaluation =
  | { readonly kind: 'value'; readonly variable: wire.Variable }
  | { readonly kind: 'unreadable'; readonly reason: string };

/** A frame of a goroutine; `frame` counts as Delve's `frame` command does, inlined frames included. */
export interface Scope {
  readonly goroutineId: number;
  readonly frame: number;
}

/** Outside any goroutine: package variables only. */
export const globalScope: Scope = { goroutineId: -1, frame: 0 };

export interface StackRequest {
  readonly id: number;
  /** Greatest number of frames, inlined ones counted. */
  readonly depth: number;
  /** Read arguments and locals of each frame this far; none are read without it. */
  readonly load?: LoadConfig;
}

/**
 * Delve's API version 2 as typed verbs. All throw `undecided` when Delve dies, does not answer in time, or
 * refuses what it must know; and `interrupted` when the signal aborts.
 */
export interface DelveClient {
  getVersion(options: CallOptions): Promise<wire.DelveVersion>;
  /** One page. `start` is 0 or the `Nextg` of the page before; `count` 0 asks for all at once. */
  listGoroutines(
    range: { readonly start: number; readonly count: number },
    options: CallOptions,
  ): Promise<wire.GoroutinePage>;
  /** All goroutines, `size` at a time. */
  pages(size: number, options: CallOptions): AsyncGenerator<readonly wire.DelveGoroutine[], void>;
  stacktrace(request: StackRequest, options: CallOptions): Promise<wire.Stackframe[]>;
  eval(scope: Scope, expression: string, options: CallOptions, load?: LoadConfig): Promise<Evaluation>;
  listLocalVars(scope: Scope, options: CallOptions, load?: LoadConfig): Promise<wire.Variable[]>;
  listFunctionArgs(scope: Scope, options: CallOptions, load?: LoadConfig): Promise<wire.Variable[]>;
  /** Package variables whose `package.name` matches the regular expression. */
  listPackageVars(filter: string, options: CallOptions, load?: LoadConfig): Promise<wire.Variable[]>;
  /** Source files as the compiler recorded them, matching the regular expression. */
  listSources(filter: string, options: CallOptions): Promise<string[]>;
  listFunctions(filter: string, options: CallOptions): Promise<string[]>;
  listTypes(filter: string, options: CallOptions): Promise<string[]>;
  /**
   * Package directories, and their files when asked: Delve's best guess from the line tables. The main
   * package is not among them: see `listSources`.
   */
  listPackages(request: { readonly files: boolean }, options: CallOptions): Promise<wire.PackageBuildInfo[]>;
  /** Empty when Delve does not know the place. */
  findLocation(scope: Scope, location: string, options: CallOptions): Promise<wire.DelveLocation[]>;
  /** What is asked about this goroutine from now on is found without looking through all of them. */
  switchGoroutine(id: number, options: CallOptions): Promise<void>;
  state(options: CallOptions): Promise<wire.DelveState>;
  /** At most 65,536 bytes; `undefined` when the core does not hold them. */
  examineMemory(address: number, length: number, options: CallOptions): Promise<Buffer | undefined>;
  /** Writes Delve's own answer about all goroutines to `file`: see raw-goroutines.ts. */
  saveRawGoroutines(file: string, options: CallOptions): Promise<RawListing>;
  /** Ends the session on Delve's side; the process exits. */
  detach(options: CallOptions): Promise<void>;
}

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one method for each call of the protocol
export function delveClient(rpc: RpcConnection): DelveClient {
  const ask = async <T extends z.ZodType>(
    method: string,
    argument: object,
    schema: T,
    options: CallOptions,
  ): Promise<z.output<T>> => {
    const answer = await rpc.call(method, argument, options);
    if (answer.kind === 'refused') throw refused(method, answer.message);
    return checked(method, schema, answer.result);
  };
  const inScope = ({ goroutineId, frame }: Scope) => ({ GoroutineID: goroutineId, Frame: frame });

  const client: DelveClient = {
    getVersion: (options) => ask('GetVersion', {}, wire.getVersionOut, options),
    listGoroutines: ({ start, count }, options) =>
      ask('ListGoroutines', { Start: start, Count: count }, wire.listGoroutinesOut, options),
    async *pages(size, options) {
      for (let start = 0; start >= 0; ) {
        const page = await client.listGoroutines({ start, count: size }, options);
        yield page.Goroutines;
        start = page.Nextg;
      }
    },
    stacktrace: async ({ id, depth, load }, options) => {
      const argument = { Id: id, Depth: depth, Full: load !== undefined, Cfg: load ?? null };
      return (await ask('Stacktrace', argument, wire.stacktraceOut, options)).Locations;
    },
    eval: async (scope, expression, options, load = smallLoad) => {
      const argument = { Scope: inScope(scope), Expr: expression, Cfg: load };
      const answer = await rpc.call('Eval', argument, options);
      if (answer.kind === 'refused') return { kind: 'unreadable', reason: answer.message };
      const { Variable: variable } = checked('Eval', wire.evalOut, answer.result);
      return variable.unreadable === ''
        ? { kind: 'value', variable }
        : { kind: 'unreadable', reason: variable.unreadable };
    },
    listLocalVars: async (scope, options, load = smallLoad) => {
      const argument = { Scope: inScope(scope), Cfg: load };
      return (await ask('ListLocalVars', argument, wire.variablesOut, options)).Variables;
    },
    listFunctionArgs: async (scope, options, load = smallLoad) => {
      const argument = { Scope: inScope(scope), Cfg: load };
      return (await ask('ListFunctionArgs', argument, wire.argumentsOut, options)).Args;
    },
    listPackageVars: async (filter, options, load = smallLoad) =>
      (await ask('ListPackageVars', { Filter: filter, Cfg: load }, wire.variablesOut, options)).Variables,
    listSources: async (filter, options) =>
      (await ask('ListSources', { Filter: filter }, wire.listSourcesOut, options)).Sources,
    listFunctions: async (filter, options) =>
      (await ask('ListFunctions', { Filter: filter }, wire.listFunctionsOut, options)).Funcs,
    listTypes: async (filter, options) =>
      (await ask('ListTypes', { Filter: filter }, wire.listTypesOut, options)).Types,
    listPackages: async ({ files }, options) =>
      (await ask('ListPackagesBuildInfo', { IncludeFiles: files }, wire.listPackagesBuildInfoOut, options))
        .List,
    findLocation: async (scope, location, options) => {
      const argument = { Scope: inScope(scope), Loc: location };
      const answer = await rpc.call('FindLocation', argument, options);
      if (answer.kind === 'refused') return [];
      return checked('FindLocation', wire.findLocationOut, answer.result).Locations;
    },
    switchGoroutine: async (id, options) => {
      const argument = { name: 'switchGoroutine', goroutineID: id };
      const answer = await rpc.call('Command', argument, options);
      if (answer.kind === 'refused') throw refused('Command', answer.message);
    },
    state: async (options) => (await ask('State', { NonBlocking: true }, wire.stateOut, options)).State,
    examineMemory: async (address, length, options) => {
      const answer = await rpc.call('ExamineMemory', { Address: address, Length: length }, options);
      if (answer.kind === 'refused') return undefined;
      return checked('ExamineMemory', wire.examineMemoryOut, answer.result).Mem;
    },
    saveRawGoroutines: (file, options) => saveRawGoroutines(rpc, file, options),
    detach: async (options) => {
      await rpc.call('Detach', { Kill: false }, options);
    },
  };
  return client;
}

function checked<T extends z.ZodType>(method: string, schema: T, result: unknown): z.output<T> {
  const parsed = schema.safeParse(result);
  if (parsed.success) return parsed.data;
  throw new LabError(`Delve's answer to ${method} has an unknown form: ${parsed.error.issues[0]?.message}`, {
    code: 'undecided',
    hint: 'use a Delve between 1.20 and 1.27: `npx lab doctor` shows which one is in use',
    cause: parsed.error,
  });
}

function refused(method: string, message: string): LabError {
  return new LabError(`Delve refused ${method}: ${message}`, {
    code: 'undecided',
    hint: 'check that the executable is the one that made the core',
    details: { method },
  });
}
