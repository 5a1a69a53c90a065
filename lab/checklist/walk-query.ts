import { Buffer } from 'node:buffer';
import { interrupted, LabError, messageOf } from '../errors.js';
import { type CommandRecord, recordOf } from '../store/command-record.js';
import type { ExecResult } from '../targets/target.js';
import { notObserved, type Observation, seen } from './observation.js';
import { noFinding, patienceFor, plainEnv, type WalkContext } from './walk-context.js';
import {
  countUserLocations,
  goroutineListSchema,
  type ListedGoroutine,
  type LocationCount,
  parseLocationTable,
} from './walk-parse.js';
import type { Walk } from './walk-record.js';

const jqMs = 20_000;

/** Asks the saved list what the article asks it, with jq where it is installed. */
export async function queryList(
  context: WalkContext,
  answer: Observation<string>,
): Promise<Pick<Walk, 'list' | 'table' | 'start'>> {
  const goroutines = readList(answer);
  if (goroutines.kind === 'not-observed') return { list: goroutines, table: goroutines, start: goroutines };
  const { listFile, signal } = context;
  await show(context, 'jq-first', '.result.Goroutines[0:1]');
  const table = await tabulate(context, goroutines.value.rows);
  const start = await searchStart(context, goroutines.value.rows);
  signal.throwIfAborted();
  const [one] = goroutines.value.rows;
  const first = goroutines.value.rows.find(({ id }) => id === 1);
  const list = seen({
    file: listFile,
    ...{ bytes: goroutines.value.bytes, goroutines: goroutines.value.rows.length },
    complete: goroutines.value.complete,
    keys: one === undefined ? [] : Object.keys(one),
    first: first === undefined ? null : { user: nameAt(first.userCurrentLoc), start: nameAt(first.startLoc) },
  });
  return { list, table, start };
}

function readList(
  answer: Observation<string>,
): Observation<{ rows: readonly ListedGoroutine[]; complete: boolean; bytes: number }> {
  if (answer.kind === 'not-observed') return answer;
  try {
    const { result } = goroutineListSchema.parse(JSON.parse(answer.value));
    const complete = (result.Nextg ?? -1) < 0;
    return seen({ rows: result.Goroutines, complete, bytes: Buffer.byteLength(answer.value) });
  } catch (error) {
    return notObserved(`Delve's answer is no list of goroutines: ${messageOf(error).split('\n')[0]}`);
  }
}

/** `jq ... | sort | uniq -c`, each fed with what the one before printed. */
async function tabulate(
  context: WalkContext,
  rows: readonly ListedGoroutine[],
): Promise<Observation<LocationCount[]>> {
  const query = '.result.Goroutines[] | [.userCurrentLoc.function.name, .userCurrentLoc.line]';
  const pipeline = [['jq', '-c', query, context.listFile], ['sort'], ['uniq', '-c']];
  const startedAt = Date.now();
  let input: string | undefined;
  let last: ExecResult | undefined;
  for (const argv of pipeline) {
    last = await tool(context, argv, input);
    if (last === undefined) break;
    input = last.stdout;
  }
  if (last?.exitCode !== 0) return seen(countUserLocations(rows)); // jq is missing: the lab counts
  const { dir, records } = context;
  records.push({ ...recordOf(last, { id: 'jq-table', startedAt, cwd: dir }), pipeline });
  return seen(parseLocationTable(last.stdout));
}

/**
 * Searches the list for the goroutine whose start function the diagnosis blames. Newer compilers start
 * `go m.method()` in a wrapper of their own, and Delve then lists the wrapper.
 */
async function searchStart(context: WalkContext, rows: readonly ListedGoroutine[]): Promise<Walk['start']> {
  const blamed = context.finding?.rootCause.goroutines[0];
  if (blamed === undefined) return noFinding;
  const name = blamed.startLocation.function;
  const startedAs = (wanted: string) =>
    rows.filter((row) => nameAt(row.startLoc) === wanted).map(({ id }) => id);
  const select = (wanted: string) =>
    `.result.Goroutines[] | select(.startLoc.function.name == ${JSON.stringify(wanted)})`;
  const listed = rows.find(({ id }) => id === blamed.id);
  const locations =
    listed === undefined
      ? null
      : { user: nameAt(listed.userCurrentLoc), goStatement: nameAt(listed.goStatementLoc) };
  await show(context, 'jq-start', select(name));
  const direct = startedAs(name);
  if (direct.length > 0 || listed === undefined)
    return seen({ function: name, ids: direct, wrapper: null, listed: locations });
  const wrapper = nameAt(listed.startLoc);
  await show(context, 'jq-wrapper', select(wrapper), `the compiler started it in a wrapper: ${wrapper}`);
  return seen({ function: name, ids: startedAs(wrapper), wrapper, listed: locations });
}

async function show(context: WalkContext, id: string, query: string, note?: string): Promise<void> {
  const startedAt = Date.now();
  const result = await tool(context, ['jq', query, context.listFile]);
  if (result === undefined) return;
  const record: CommandRecord = recordOf(result, { id, startedAt, cwd: context.dir, note });
  context.records.push(record);
}

async function tool(
  { target, dir, signal }: WalkContext,
  argv: readonly string[],
  input?: string,
): Promise<ExecResult | undefined> {
  const fed = input === undefined ? {} : { input };
  try {
    const timeoutMs = jqMs * patienceFor(target);
    return await target.exec(argv, { signal, cwd: dir, env: plainEnv, timeoutMs, ...fed });
  } catch (error) {
    if (signal.aborted) throw interrupted(error);
    if (error instanceof LabError && error.code === 'missing-tool') return undefined;
    throw error;
  }
}

function nameAt(location: ListedGoroutine['startLoc']): string {
  return location.function?.name ?? '';
}
