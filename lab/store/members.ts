import { createReadStream, existsSync } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { createInterface } from 'node:readline';
import { z } from 'zod';
import type { Roster, RosterGroup } from '../analysis/model/roster.js';

/** Its name in a run's folder. */
export const membersFile = 'members.jsonl';

/** Goroutines of a line: a group of a million has many lines, and each can be read at once. */
const perLine = 10_000;

const lineSchema = z.looseObject({
  group: z.string(),
  ids: z.array(z.number().int().nonnegative()),
  waitedSeconds: z.array(z.number().nonnegative()).optional(),
  createdBy: z.array(z.number().int().nonnegative()).optional(),
  lockedToThread: z.array(z.number().int().nonnegative()).optional(),
});
type Line = z.infer<typeof lineSchema>;

/** Writes which goroutines each group has as JSON lines (docs/runs.md). A reader sees the old file or the new one. */
export async function writeMembers(path: string, roster: Roster): Promise<void> {
  const draft = `${path}.${process.pid}.part`;
  try {
    await using file = await open(draft, 'w', 0o600);
    for (const group of roster) {
      for (const line of linesOf(group)) await file.appendFile(`${JSON.stringify(line)}\n`);
    }
    await file.sync();
  } catch (error) {
    await rm(draft, { force: true });
    throw error;
  }
  await rename(draft, path);
}

function* linesOf({ group, ids, waited, creators, locked }: RosterGroup): Generator<Line> {
  const tied = new Set(locked);
  for (let from = 0; from < ids.length; from += perLine) {
    const own = [...ids.subarray(from, from + perLine)];
    const lockedHere = tied.size === 0 ? [] : own.filter((id) => tied.has(id));
    yield {
      ...{ group, ids: own },
      ...(waited === undefined ? {} : { waitedSeconds: [...waited.subarray(from, from + perLine)] }),
      ...(creators === undefined ? {} : { createdBy: [...creators.subarray(from, from + perLine)] }),
      ...(lockedHere.length === 0 ? {} : { lockedToThread: lockedHere }),
    };
  }
}

/** What {@link writeMembers} wrote; `undefined` where there is no such file, or it is of another shape. */
export async function readMembers(path: string): Promise<Roster | undefined> {
  if (!existsSync(path)) return undefined;
  const groups = new Map<string, Line[]>();
  try {
    const input = createReadStream(path, 'utf8');
    for await (const text of createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY })) {
      const line = lineSchema.parse(JSON.parse(text));
      groups.set(line.group, [...(groups.get(line.group) ?? []), line]);
    }
  } catch {
    return undefined;
  }
  return [...groups].map(([group, lines]) => joined(group, lines));
}

function joined(group: string, lines: readonly Line[]): RosterGroup {
  const ids = Float64Array.from(lines.flatMap((line) => line.ids));
  const column = (pick: (line: Line) => readonly number[] | undefined): Float64Array | undefined => {
    const values = lines.flatMap((line) => pick(line) ?? []);
    return values.length === ids.length && values.length > 0 ? Float64Array.from(values) : undefined;
  };
  const waited = column(({ waitedSeconds }) => waitedSeconds);
  const creators = column(({ createdBy }) => createdBy);
  return {
    ...{ group, ids, locked: lines.flatMap(({ lockedToThread = [] }) => lockedToThread) },
    ...(waited === undefined ? {} : { waited }),
    ...(creators === undefined ? {} : { creators }),
  };
}
