import { fileURLToPath } from 'node:url';
import { schedule } from '../regress/scheduler.js';
import { runTask } from '../regress/task-process.js';
import type { Shard } from '../shard.js';
import type { Input } from './find-inputs.js';
import { type Triage, triageOf, withoutCause } from './group.js';
import type { Item } from './item.js';
import type { Journal } from './journal.js';
import { type Line, lineSchema, markPrefix, type Task } from './wire.js';

/** What inputs are looked at with. */
export interface Looking extends Pick<Task, 'exe' | 'near' | 'source' | 'sourceMap'> {
  /** `false`: no sources at all. */
  readonly sources: boolean;
  /** Whether every dump is looked at with its sources, not only an example of each group. */
  readonly thorough: boolean;
}

export interface TriageOptions {
  readonly looking: Looking;
  readonly jobs: number;
  readonly timeLimitMs: number;
  readonly shard?: Shard | undefined;
  /** What inputs came to is kept there; the second is of examples with their sources. */
  readonly journals: { readonly items: Journal; readonly causes: Journal };
  readonly onProgress: (done: number, all: number, what: 'inputs' | 'causes') => void;
}

/**
 * Looks at each input in a process of its own, then at an example of whatever has no cause yet with its sources. Of a part
 * the latter is left to whoever merges the parts. Throws `interrupted`.
 */
export async function triage(
  inputs: readonly Input[],
  options: TriageOptions,
  signal: AbortSignal,
): Promise<Triage> {
  const { shard, looking, journals } = options;
  const quick = (input: Input): boolean => looking.sources && (looking.thorough || input.kind !== 'dump');
  const items = await lookAt(
    inputs,
    { ...options, journal: journals.items, sources: quick, what: 'inputs' },
    signal,
  );
  if (shard !== undefined) return triageOf(items, {}, shard);
  return triageOf(items, await causesOf(items, inputs, options, signal));
}

/** Causes of what has none: by the path of the example that was looked at. Examples that are not here are left out. */
export async function causesOf(
  items: readonly Item[],
  inputs: readonly Input[],
  options: TriageOptions,
  signal: AbortSignal,
): Promise<Triage['causes']> {
  const { looking, journals } = options;
  if (!looking.sources || looking.thorough) return {};
  const examples = new Set(withoutCause(items).map(({ path }) => path));
  const chosen = inputs.filter(({ path, kind }) => kind === 'dump' && examples.has(path));
  const how = { ...options, journal: journals.causes, sources: () => true, what: 'causes' } as const;
  const found = await lookAt(chosen, how, signal);
  return Object.fromEntries(found.map((item) => [item.path, item]));
}

interface LookOptions extends Pick<TriageOptions, 'jobs' | 'timeLimitMs' | 'looking' | 'onProgress'> {
  readonly journal: Journal;
  readonly sources: (input: Input) => boolean;
  readonly what: 'inputs' | 'causes';
}

async function lookAt(
  inputs: readonly Input[],
  { jobs, journal, onProgress, what, ...how }: LookOptions,
  signal: AbortSignal,
): Promise<Item[]> {
  const known = inputs.flatMap((input) => journal.known(input) ?? []);
  const open = inputs.filter((input) => journal.known(input) === undefined);
  const items = [...known];
  onProgress(items.length, inputs.length, what);
  const look = async (input: Input, both: AbortSignal): Promise<void> => {
    const item = await itemOf(input, how, both);
    await journal.append(input, item);
    items.push(item);
    onProgress(items.length, inputs.length, what);
  };
  await schedule(open, { jobs, alone: () => false }, look, signal);
  return items;
}

const program = fileURLToPath(new URL('./input-child.js', import.meta.url));

async function itemOf(
  input: Input,
  { looking, sources, timeLimitMs }: Pick<LookOptions, 'looking' | 'sources' | 'timeLimitMs'>,
  signal: AbortSignal,
): Promise<Item> {
  const { path, file, kind } = input;
  const { exe, near, source, sourceMap } = looking;
  const task: Task = {
    ...{ file, name: path, kind, sources: sources(input), sourceMap: [...sourceMap] },
    ...(exe === undefined ? {} : { exe }),
    ...(near === undefined || kind !== 'core' ? {} : { near }),
    ...(source === undefined ? {} : { source }),
  };
  let said: Line | undefined;
  const onLine = (text: unknown): void => {
    const line = lineSchema.safeParse(text);
    if (line.success) said = line.data;
  };
  const { late, how } = await runTask({ program, task, timeLimitMs, markPrefix, onLine }, signal);
  const line = said;
  const light = kind === 'dump' && !task.sources ? { light: true as const } : {};
  if (line?.type === 'told') return { path, kind, state: 'told', told: line.told, ...light };
  if (line?.type === 'skipped') return { path, kind, state: 'skipped', why: line.why };
  const why = late
    ? `not diagnosed within ${timeLimitMs / 1_000} s`
    : (line?.why ?? `its process died: ${how}`);
  return { path, kind, state: 'failed', why };
}
