import { stripVTControlCharacters } from 'node:util';
import { z } from 'zod';

const listedLocation = z.looseObject({
  file: z.string(),
  line: z.number(),
  function: z.looseObject({ name: z.string() }).nullish(),
});

const listedGoroutine = z.looseObject({
  id: z.number(),
  currentLoc: listedLocation,
  userCurrentLoc: listedLocation,
  goStatementLoc: listedLocation,
  startLoc: listedLocation,
});

/** Delve's answer to `RPCServer.ListGoroutines`, API version 2. */
export const goroutineListSchema = z.looseObject({
  result: z.looseObject({ Goroutines: z.array(listedGoroutine), Nextg: z.number().nullish() }),
});

export type ListedGoroutine = z.infer<typeof listedGoroutine>;

export const locationCountSchema = z.object({
  function: z.string().nullable(),
  line: z.number().int(),
  count: z.number().int(),
});
export type LocationCount = z.infer<typeof locationCountSchema>;

export const stackFrameSchema = z.object({
  index: z.number().int(),
  function: z.string(),
  file: z.string(),
  line: z.number().int(),
  variables: z.array(z.object({ name: z.string(), value: z.string() })),
});
export type WalkFrame = z.infer<typeof stackFrameSchema>;

/** The table that `jq | sort | uniq -c` makes, from its text: `1000 ["main.f",113]` a line. */
export function parseLocationTable(text: string): LocationCount[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*(\d+) (\[.*\])$/.exec(line);
    if (match?.[2] === undefined) return [];
    const pair = z.tuple([z.string().nullable(), z.number()]).safeParse(tryJson(match[2]));
    return pair.success ? [{ function: pair.data[0], line: pair.data[1], count: Number(match[1]) }] : [];
  });
}

/** The same table, from the list itself. */
export function countUserLocations(goroutines: readonly ListedGoroutine[]): LocationCount[] {
  const counts = new Map<string, LocationCount>();
  for (const { userCurrentLoc: at } of goroutines) {
    const name = at.function?.name ?? null;
    const key = JSON.stringify([name, at.line]);
    counts.set(key, { function: name, line: at.line, count: (counts.get(key)?.count ?? 0) + 1 });
  }
  return [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, row]) => row);
}

/** Parses Delve's `stack -full`. Lines that it could not read are kept as the variable's value. */
export function parseDelveStack(text: string): WalkFrame[] {
  const frames: WalkFrame[] = [];
  let open: WalkFrame | undefined;
  for (const line of stripVTControlCharacters(text).split('\n')) {
    const head = /^\s*(\d+)\s+0x[0-9a-f]+ in (\S.*)$/.exec(line);
    if (head?.[2] !== undefined) {
      open = { index: Number(head[1]), function: head[2], file: '', line: 0, variables: [] };
      frames.push(open);
      continue;
    }
    if (open === undefined) continue;
    const at = /^\s+at (.+):(\d+)$/.exec(line);
    const variable = /^\s+([^\s=]+) = (.*)$/.exec(line);
    if (at?.[1] !== undefined && open.file === '') Object.assign(open, { file: at[1], line: Number(at[2]) });
    else if (variable?.[1] !== undefined)
      open.variables.push({ name: variable[1], value: variable[2] ?? '' });
    else if (line.trim() === '') open = undefined;
  }
  return frames;
}

/**
 * What Delve printed to each line that was typed into it, without a terminal: prompts, but no echo. Returns
 * `undefined` when prompts and lines do not match one to one.
 */
export function dialogue(
  input: string,
  output: string,
): readonly { typed: string; printed: string }[] | undefined {
  const typed = input.split('\n').filter((line) => line !== '');
  const [, ...answers] = stripVTControlCharacters(output).split(/(?<=^(?:\(dlv\) )*)\(dlv\) /m);
  if (answers.length !== typed.length) return undefined;
  return typed.map((line, index) => ({ typed: line, printed: answers[index] ?? '' }));
}

function tryJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
