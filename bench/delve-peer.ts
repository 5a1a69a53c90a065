import { mkdtemp, open, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { poll } from '../lab/deadline.js';
import { connectRpc } from '../lab/delve/rpc.js';
import { interruptible } from './crowd.js';

/** What a peer took: milliseconds, and the greatest resident memory of its processes in bytes. */
export type Taken =
  | { readonly kind: 'done'; readonly ms: number; readonly rss: number; readonly note?: string }
  | { readonly kind: 'not-done'; readonly why: string };

export interface Files {
  readonly dlv: string;
  readonly exe: string;
  readonly core: string;
}

interface Listening {
  readonly port: number;
  readonly pid: number;
}

/** A fresh headless Delve, as a person starts it; its port is on the loopback interface. */
async function withDelve<T>(
  { dlv, exe, core }: Files,
  signal: AbortSignal,
  use: (delve: Listening, folder: string) => Promise<T>,
): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'lab-bench-'));
  const args = ['core', exe, core, '--headless', '--listen=127.0.0.1:0', '--api-version=2'];
  const child = execa(dlv, args, {
    env: { HOME: folder, XDG_CONFIG_HOME: folder },
    ...interruptible(signal),
    reject: false,
  });
  try {
    let said = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said += text;
    });
    const look = () => /listening at: 127\.0\.0\.1:(\d+)\n/.exec(said)?.[1];
    const port = await poll(look, { signal, deadlineMs: 60_000, everyMs: 10 });
    if (port === undefined || child.pid === undefined) throw new Error('Delve did not start');
    return await use({ port: Number(port), pid: child.pid }, folder);
  } finally {
    child.kill('SIGKILL');
    await child;
    await rm(folder, { recursive: true, force: true });
  }
}

/** `ListGoroutines` page by page; the answers are read to their ends and not parsed. */
export async function pagedListing(
  files: Files,
  size: number,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<Taken> {
  return await withDelve(files, signal, async ({ port, pid }) => {
    await using rpc = await connectRpc({ host: '127.0.0.1', port }, { signal });
    await rpc.call('GetVersion', {}, { signal, timeoutMs: 60_000 });
    const began = performance.now();
    for (let start = 0; start >= 0; ) {
      let tail = Buffer.alloc(0);
      const keep = async (bytes: Buffer) => {
        tail = Buffer.concat([tail, bytes]).subarray(-4096);
      };
      await rpc.stream('ListGoroutines', { Start: start, Count: size }, keep, { signal, timeoutMs });
      start = Number(/"Nextg":(-?\d+)/.exec(tail.toString('latin1'))?.[1] ?? -1);
      if (performance.now() - began > timeoutMs) return { kind: 'not-done', why: tooLong(timeoutMs) };
    }
    return { kind: 'done', ms: performance.now() - began, rss: await peakOf(pid) };
  });
}

/** Delve's own grouping by user location, five members of each. */
export async function grouping(files: Files, timeoutMs: number, signal: AbortSignal): Promise<Taken> {
  return await withDelve(files, signal, async ({ port, pid }) => {
    await using rpc = await connectRpc({ host: '127.0.0.1', port }, { signal });
    await rpc.call('GetVersion', {}, { signal, timeoutMs: 60_000 });
    const began = performance.now();
    const byUserLocation = { GroupBy: 2, GroupByKey: '', MaxGroupMembers: 5, MaxGroups: 50 };
    const request = { Start: 0, Count: 0, GoroutineGroupingOptions: byUserLocation };
    try {
      await rpc.call('ListGoroutines', request, { signal, timeoutMs });
    } catch {
      signal.throwIfAborted();
      return { kind: 'not-done', why: tooLong(timeoutMs) };
    }
    return { kind: 'done', ms: performance.now() - began, rss: await peakOf(pid) };
  });
}

/** One unpaged request through `nc` into a file, and the table of user locations by `jq`. */
export async function byHand(
  files: Files,
  timeoutMs: number,
  maxRss: number,
  signal: AbortSignal,
): Promise<Taken> {
  for (const tool of ['nc', 'jq']) {
    const found = await execa(tool, ['-h'], { reject: false, stdin: 'ignore' });
    if (found.code === 'ENOENT') return { kind: 'not-done', why: `${tool} is not installed` };
  }
  return await withDelve(files, signal, async ({ port, pid }, folder) => {
    const list = join(folder, 'list_goroutines.json');
    const began = performance.now();
    const nc = execa('nc', ['127.0.0.1', String(port)], {
      ...interruptible(signal),
      stdout: { file: list },
      reject: false,
    });
    nc.stdin.write('{"method":"RPCServer.ListGoroutines","params":[{"Start":0,"Count":0}],"id":1}\n');
    let why = tooLong(timeoutMs);
    let peak = 0;
    try {
      // Delve ends its answer with a line feed, the only one.
      const whole = await poll(
        async () => {
          // It ends with its client, and its memory with it.
          peak = Math.max(peak, await peakOf(pid));
          if (peak > maxRss) {
            why = `stopped when Delve had taken more than ${gigabytes(maxRss)}`;
            return false;
          }
          return (await endsWithLine(list)) || undefined;
        },
        { signal, deadlineMs: timeoutMs, everyMs: 20 },
      );
      if (whole !== true) return { kind: 'not-done', why };
    } finally {
      nc.kill('SIGKILL');
      await nc;
    }
    const listed = performance.now() - began;
    const { size } = await stat(list);
    const table =
      '.result.Goroutines | group_by(.userCurrentLoc.function.name, .userCurrentLoc.line) | map([length, .[0].userCurrentLoc.function.name])';
    const jq = execa('jq', ['-c', table, list], {
      ...interruptible(signal),
      reject: false,
      timeout: timeoutMs,
    });
    const { failed } = await jq;
    if (failed) return { kind: 'not-done', why: `jq did not come to an end with ${gigabytes(size)}` };
    const note = `${gigabytes(size)} of JSON after ${(listed / 1000).toFixed(1)} s`;
    return { kind: 'done', ms: performance.now() - began, rss: peak, note };
  });
}

async function endsWithLine(path: string): Promise<boolean> {
  const file = await open(path, 'r').catch(() => undefined);
  if (file === undefined) return false;
  await using _ = file;
  const { size } = await file.stat();
  if (size === 0) return false;
  const { buffer } = await file.read(Buffer.alloc(1), 0, 1, size - 1);
  return buffer[0] === 0x0a;
}

/** Peak resident memory of a process in bytes, from proc(5). */
async function peakOf(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8').catch(() => '');
  return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}

const tooLong = (ms: number) => `not done after ${Math.round(ms / 1000)} s`;
const gigabytes = (bytes: number) =>
  bytes < 1e9 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`;
