import { z } from 'zod';
import { type CommandRecord, commandRecordSchema, recordOf } from '../store/command-record.js';
import { localTarget } from '../targets/local.js';
import type { ExecResult, Target } from '../targets/target.js';
import { parseBacktrace, parseThreads } from './gdb-backtrace.js';
import { askWithUndici, type HttpSeen, httpSeen } from './http-look.js';
import { notObserved, type Observation, observationOf, seen, unlessMissing } from './observation.js';

const pprofSeen = httpSeen.extend({ goroutines: z.number().int().nullable() });

const gdbSeen = z.object({
  main: z.array(z.object({ index: z.number().int(), function: z.string() })),
  threads: z.array(z.object({ lwp: z.number().int(), function: z.string() })),
  ms: z.number(),
});

/** What a person sees of the server from outside, before its core is taken. Times are milliseconds. */
export const symptomsSchema = z.object({
  curl: observationOf(httpSeen),
  pprof: observationOf(pprofSeen),
  gdb: observationOf(gdbSeen),
  records: z.array(commandRecordSchema),
});

export type Symptoms = z.infer<typeof symptomsSchema>;

export interface SymptomsOptions {
  readonly target: Target;
  /** Where a client of the server would be, and its addresses are good; this machine unless named. */
  readonly here?: Target;
  readonly pid: number;
  /** The executable on the target. */
  readonly exe: string;
  readonly url: string;
  /** `http://host:port` of net/http/pprof, when the program has it. */
  readonly pprofUrl?: string;
  readonly signal: AbortSignal;
  /**
   * How long pprof is waited for, seconds. Default 3. A page that is given up is still made: its goroutine would be
   * at work in the core.
   */
  readonly pprofSeconds?: number;
  /**
   * Done while curl still waits, after pprof and GDB. Returns for how many milliseconds it stopped the server;
   * where that leaves curl too little of its time, curl is asked once more.
   */
  readonly meanwhile?: () => Promise<number>;
}

const curlSeconds = 5; // the article's
/** Of curl's seconds, what the server must have had for itself to have had its chance to answer. */
const fairSeconds = 2;
const pprofSeconds = 3;
const gdbMs = 60_000;
// A proxy would answer for the server.
const noProxy = { no_proxy: '*', NO_PROXY: '*' };

/**
 * Looks at the server with curl, pprof and GDB, in about as long as curl waits. GDB stops the process for
 * a moment, so it comes after pprof; curl's five seconds outlast that moment many times over.
 */
export async function observeSymptoms(options: SymptomsOptions): Promise<Symptoms> {
  const records: CommandRecord[] = [];
  const internals = async () => {
    const pprof = await lookAtPprof(options, records);
    const gdb = await lookWithGdb(options, records);
    return { pprof, gdb, stoppedMs: (await options.meanwhile?.()) ?? 0 };
  };
  // Both end by their own deadlines or by the signal; nothing may run on behind a thrown error.
  const [first, rest] = await Promise.allSettled([lookWithCurl(options, records), internals()]);
  if (rest.status === 'rejected') throw rest.reason;
  if (first.status === 'rejected') throw first.reason;
  const { stoppedMs, ...seenInside } = rest.value;
  const curl = await fairly(first.value, stoppedMs, options, records);
  records.sort((a, b) => a.startedAt.localeCompare(b.startedAt));
  return { curl, ...seenInside, records };
}

/** A server that was stopped for most of curl's time gets a second chance; a shorter stop is told. */
async function fairly(
  first: Symptoms['curl'],
  stoppedMs: number,
  options: SymptomsOptions,
  records: CommandRecord[],
): Promise<Symptoms['curl']> {
  if (stoppedMs === 0 || (first.kind === 'seen' && first.value.status !== null)) return first;
  const at = records.findIndex(({ id }) => id === 'curl');
  if (stoppedMs > (curlSeconds - fairSeconds) * 1_000) {
    if (at >= 0) records.splice(at, 1);
    return await lookWithCurl(options, records);
  }
  const record = records[at];
  const note = `The core was taken meanwhile: for ${(stoppedMs / 1_000).toFixed(1)} s of this time the server stood still.`;
  if (record !== undefined) records[at] = { ...record, note };
  return first;
}

async function lookWithCurl(options: SymptomsOptions, records: CommandRecord[]) {
  const looked = await unlessMissing('curl', () => curl(options, records, 'curl', options.url, curlSeconds));
  if (looked.kind === 'seen') return seen(withoutBody(looked.value));
  return seen(await askWithUndici(options.url, curlSeconds * 1_000, options.signal));
}

async function lookAtPprof(options: SymptomsOptions, records: CommandRecord[]): Promise<Symptoms['pprof']> {
  if (options.pprofUrl === undefined) return notObserved('this server has no pprof address');
  const url = `${options.pprofUrl}/debug/pprof/goroutine?debug=1`;
  return await unlessMissing('curl', async () => {
    const looked = await curl(options, records, 'pprof', url, options.pprofSeconds ?? pprofSeconds);
    if (looked.kind !== 'seen') return looked;
    const total = /^goroutine profile: total (\d+)/m.exec(looked.value.body)?.[1];
    return seen({ ...withoutBody(looked.value), goroutines: total === undefined ? null : Number(total) });
  });
}

async function curl(
  { signal, here = localTarget() }: SymptomsOptions,
  records: CommandRecord[],
  id: string,
  url: string,
  seconds: number,
): Promise<Observation<HttpSeen & { body: string }>> {
  const startedAt = Date.now();
  const argv = ['curl', '-sSi', '--max-time', String(seconds), url];
  const result = await here.exec(argv, { signal, env: noProxy, timeoutMs: seconds * 1_000 + 2_000 });
  records.push(recordOf(result, { id, startedAt }));
  const status = /^HTTP\/\S+ (\d{3})/.exec(result.stdout)?.[1];
  return seen({
    tool: 'curl',
    at: startedAt,
    exitCode: result.exitCode,
    timedOut: result.exitCode === 28 || result.timedOut,
    bytes: Buffer.byteLength(result.stdout),
    status: status === undefined ? null : Number(status),
    ms: Math.round(result.durationMs),
    message: result.stderr.trim(),
    body: result.stdout,
  });
}

function withoutBody({ body: _, ...rest }: HttpSeen & { body: string }): HttpSeen {
  return rest;
}

/** Attaches GDB for a moment: where is the main thread, where are the others? */
async function lookWithGdb(
  { target, pid, exe, signal }: SymptomsOptions,
  records: CommandRecord[],
): Promise<Symptoms['gdb']> {
  const startedAt = Date.now();
  const settings = ['set auto-load off', 'set debuginfod enabled off', 'set print thread-events off'];
  const argv = [
    ...['gdb', '-nx', '-q', '-batch'],
    ...settings.flatMap((setting) => ['-iex', setting]),
    ...['-ex', 'bt', '-ex', 'thread apply all bt 1', '-p', String(pid), exe],
  ];
  return await unlessMissing('gdb', async () => {
    const result = await target.exec(argv, { signal, timeoutMs: gdbMs });
    records.push(recordOf(result, { id: 'gdb', startedAt }));
    const main = parseBacktrace(result.stdout);
    if (main.length === 0) return notObserved(gdbComplaint(result));
    return seen({ main, threads: parseThreads(result.stdout), ms: Math.round(result.durationMs) });
  });
}

function gdbComplaint({ timedOut, stderr, exitCode }: ExecResult): string {
  if (timedOut) return `gdb did not finish within ${gdbMs / 1_000} s`;
  const lines = stderr.split('\n').filter((line) => line.trim() !== '');
  const said = lines.find((line) => /ptrace|attach|permitted/i.test(line)) ?? lines[0];
  return `gdb printed no backtrace (exit ${exitCode ?? 'by signal'})${said === undefined ? '' : `: ${said.trim()}`}`;
}
