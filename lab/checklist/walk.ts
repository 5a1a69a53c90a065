import { z } from 'zod';
import { type CommandRecord, commandRecordSchema } from '../store/command-record.js';
import { localTarget } from '../targets/local.js';
import type { Target } from '../targets/target.js';
import { observationOf } from './observation.js';
import type { WalkContext, WalkOptions } from './walk-context.js';
import { talkToDelve } from './walk-dialogue.js';
import { fetchGoroutines } from './walk-list.js';
import { locationCountSchema, stackFrameSchema } from './walk-parse.js';
import { queryList } from './walk-query.js';

/** The article's walk through a core, done with the commands of the article. */
export const walkSchema = z.object({
  /** Address that the headless Delve said it listens at. */
  listening: observationOf(z.string()),
  list: observationOf(
    z.object({
      file: z.string(),
      bytes: z.number().int(),
      goroutines: z.number().int(),
      /** Whether the list ends where all goroutines end. */
      complete: z.boolean(),
      /** Keys of one goroutine's object. */
      keys: z.array(z.string()),
      /** Goroutine 1, as listed. */
      first: z.object({ user: z.string(), start: z.string() }).nullable(),
    }),
  ),
  /** Goroutines by `userCurrentLoc`, as Delve lists them. */
  table: observationOf(z.array(locationCountSchema)),
  start: observationOf(
    z.object({
      /** The start function that was searched for, and the goroutines whose `startLoc` is that. */
      function: z.string(),
      ids: z.array(z.number().int()),
      /** The wrapper under which Delve lists the goroutine, when it does. */
      wrapper: z.string().nullable(),
      /** Locations of the goroutine that the diagnosis blames, as listed. */
      listed: z.object({ user: z.string(), goStatement: z.string() }).nullable(),
    }),
  ),
  stack: observationOf(
    z.object({ goroutine: z.number().int(), switched: z.boolean(), frames: z.array(stackFrameSchema) }),
  ),
  /** The value that the goroutine is sending, as Delve prints it. */
  sending: observationOf(z.string()),
  /** The machine that all of it was typed on; absent when it was the lab's. */
  on: z.object({ kind: z.enum(['ssh', 'vagrant']), name: z.string() }).optional(),
  records: z.array(commandRecordSchema),
});

export type Walk = z.infer<typeof walkSchema>;

/**
 * Walks through the core as the article does: a headless Delve and its goroutine list, the table, the search
 * for the start function, and the stack of the goroutine found. Takes about half a second for 1000
 * goroutines. A missing tool becomes an observation that says so; throws `interrupted` only.
 */
export async function walkCore(options: WalkOptions): Promise<Walk> {
  if (options.target !== undefined) return await walkOn(options.target, options);
  await using target = localTarget();
  return await walkOn(target, options);
}

async function walkOn(target: Target, options: WalkOptions): Promise<Walk> {
  const context: WalkContext = {
    ...options,
    target,
    home: options.home ?? options.dir,
    records: [],
    listFile: options.listFile ?? 'list_goroutines.json',
    finding: options.diagnosis.findings[0],
  };
  const reading = async () => {
    const fetched = await fetchGoroutines(context);
    return { listening: fetched.listening, ...(await queryList(context, fetched.list)) };
  };
  // Delve reads the same core twice, side by side; neither may run on behind a thrown error.
  const [list, stack] = await Promise.allSettled([reading(), talkToDelve(context)]);
  if (list.status === 'rejected') throw list.reason;
  if (stack.status === 'rejected') throw stack.reason;
  const { kind, name } = target;
  return {
    ...{ ...list.value, ...stack.value, records: inOrder(context.records) },
    ...(kind === 'local' ? {} : { on: { kind, name } }),
  };
}

/** The article's order, whatever ran at the same time. */
function inOrder(records: readonly CommandRecord[]): CommandRecord[] {
  const order = [
    'dlv-headless',
    'list-goroutines',
    'jq-first',
    'jq-table',
    'jq-start',
    'jq-listed',
    'jq-wrapper',
  ];
  const rank = ({ id }: CommandRecord): number => {
    const index = order.indexOf(id);
    return index === -1 ? order.length : index;
  };
  return [...records].sort((a, b) => rank(a) - rank(b));
}
