import { readFile } from 'node:fs/promises';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { isSameProcess } from '../../targets/process-identity.js';
import type { LiveEvent, Measured, WatchedServer } from '../live.js';

const at = z.number();
const measured = z.discriminatedUnion('type', [
  z.object({ type: z.literal('load'), at, requestsPerSecond: z.number() }),
  z.object({
    ...{ type: z.literal('probe'), at, ms: z.number() },
    kind: z.enum(['answered', 'timed-out', 'refused', 'cut']),
  }),
  z.object({ type: z.literal('goroutines'), at, count: z.number() }),
  z.object({
    ...{ type: z.literal('process'), at, cpu: z.number(), rssBytes: z.number(), threads: z.number() },
    ...{ open: z.number().optional(), left: z.number().optional(), stopped: z.boolean() },
  }),
  z.object({
    ...{ type: z.literal('mark'), at, text: z.string() },
    kind: z.enum(['load-begins', 'load-ends', 'silent', 'answers', 'ended']),
  }),
]);

const historySchema = z.object({
  schema: z.literal('lab.workshop-live/1'),
  server: z.object({ pid: z.number(), startTicks: z.number(), lesson: z.string() }),
  measured: z.array(measured),
});

/** Of each kind; about 200 KB in all. */
const keptOfEach = 900;

/** What was measured of one server, within a bound: the older, the coarser. */
export interface LiveHistory {
  readonly server: WatchedServer | undefined;
  readonly measured: readonly Measured[];
  /** Forgets, and begins with that server. */
  begin(server: WatchedServer): void;
  add(one: Measured): void;
  /** For who begins to listen. */
  told(): LiveEvent;
  /** Writes it to its file, when there is something that is not there yet. */
  save(): Promise<void>;
}

/** Opens the history of the server that still runs, or an empty one. */
export async function openHistory(file: string): Promise<LiveHistory> {
  const before = await readHistory(file);
  let server: WatchedServer | undefined = before?.server;
  let series = new Map<Measured['type'], Measured[]>();
  let dirty = false;
  const add = (one: Measured): void => {
    const own = series.get(one.type) ?? [];
    own.push(one);
    series.set(one.type, own.length > keptOfEach ? thinned(own) : own);
    dirty = true;
  };
  for (const one of before?.measured ?? []) add(one);
  const all = (): Measured[] => [...series.values()].flat().sort((a, b) => a.at - b.at);
  return {
    get server() {
      return server;
    },
    get measured() {
      return all();
    },
    begin(next) {
      server = next;
      series = new Map();
      dirty = true;
    },
    add,
    told: () => ({ type: 'history', server, measured: all() }),
    async save() {
      if (!dirty || server === undefined) return;
      dirty = false;
      const text = JSON.stringify({ schema: 'lab.workshop-live/1', server, measured: all() });
      // What cannot be kept, with a full disk, must not end the lesson.
      await writeFileAtomic(file, `${text}\n`, { mode: 0o600 }).catch(() => {});
    },
  };
}

/** Every second one of the older half goes; of probes first those that were answered, marks from the front. */
export function thinned(all: readonly Measured[]): Measured[] {
  const half = Math.floor(all.length / 2);
  const older = all.slice(0, half);
  const telling = older.filter((one) => one.type === 'probe' && one.kind !== 'answered');
  const keepsTelling = telling.length < half / 2;
  const kept = older.filter((one, i) => i % 2 === 0 || (keepsTelling && telling.includes(one)));
  return [...kept, ...all.slice(half)];
}

async function readHistory(file: string): Promise<z.infer<typeof historySchema> | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    const history = historySchema.parse(JSON.parse(text));
    return (await isSameProcess(history.server)) ? history : undefined;
  } catch {
    return undefined; // charts of an older version are no loss
  }
}
