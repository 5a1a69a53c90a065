import { readdir, readFile, stat } from 'node:fs/promises';
import { z } from 'zod';
import { withDeadline } from '../deadline.js';
import { interrupted, messageOf } from '../errors.js';

/*
 * How a crowd shows from outside: in /proc, and on the pages of net/http/pprof.
 */

export const processLookSchema = z.object({
  rssBytes: z.number(),
  /** Open file descriptors. */
  fds: z.number().int(),
});
export type ProcessLook = z.infer<typeof processLookSchema>;

/** Memory and descriptors of a process of this machine; `undefined` when it is gone. */
export async function lookAtProcess(pid: number): Promise<ProcessLook | undefined> {
  try {
    const status = await readFile(`/proc/${pid}/status`, 'utf8');
    const rss = /^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1];
    if (rss === undefined) return undefined;
    return { rssBytes: Number(rss) * 1024, fds: await countDescriptors(pid) };
  } catch {
    return undefined;
  }
}

async function countDescriptors(pid: number): Promise<number> {
  const folder = `/proc/${pid}/fd`;
  // Since Linux 6.2 the folder's size is their number; before, it is zero.
  const { size } = await stat(folder);
  return size > 0 ? size : (await readdir(folder)).length;
}

export const pageLookSchema = z.object({
  /** Whether the whole page came. */
  answered: z.boolean(),
  /** Until the last byte, milliseconds. */
  ms: z.number(),
  bytes: z.number().int(),
  /** Goroutines that the page tells of. */
  goroutines: z.number().int(),
  /** Why it did not come. */
  why: z.string().optional(),
});
export type PageLook = z.infer<typeof pageLookSchema>;

/** `/debug/pprof/goroutine?debug=1`: their number stands in its first line. */
export async function lookAtCount(
  pprofUrl: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PageLook> {
  return await readPage(`${pprofUrl}/debug/pprof/goroutine?debug=1`, timeoutMs, signal, () => {
    let total: number | undefined;
    return (chunk) => {
      total ??= Number(/^goroutine profile: total (\d+)/.exec(chunk.toString('latin1'))?.[1] ?? 0);
      return total;
    };
  });
}

/** `/debug/pprof/goroutine?debug=2`: each goroutine with its stack, up to the 64 MB that Go prints at most. */
export async function lookAtList(
  pprofUrl: string,
  timeoutMs: number,
  signal: AbortSignal,
): Promise<PageLook> {
  const url = `${pprofUrl}/debug/pprof/goroutine?debug=2`;
  return await readPage(url, timeoutMs, signal, () => countHeads());
}

const head = '\n\ngoroutine ';

/** Counts the goroutines of such a page, chunk by chunk. */
export function countHeads(): (chunk: Buffer) => number {
  let count = 0;
  let rest: Buffer = Buffer.from('\n\n'); // the page begins with the first one
  return (chunk) => {
    const bytes = Buffer.concat([rest, chunk]);
    for (let at = bytes.indexOf(head); at >= 0; at = bytes.indexOf(head, at + head.length)) count += 1;
    rest = Buffer.from(bytes.subarray(Math.max(0, bytes.length - head.length + 1)));
    return count;
  };
}

async function readPage(
  url: string,
  timeoutMs: number,
  signal: AbortSignal,
  counter: () => (chunk: Buffer) => number,
): Promise<PageLook> {
  const began = performance.now();
  const count = counter();
  let bytes = 0;
  let goroutines = 0;
  const seen = () => ({ ms: Math.round(performance.now() - began), bytes, goroutines });
  try {
    // Loaded when needed: the schemas of this file belong to every command's configuration.
    const { request } = await import('undici');
    const { body, statusCode } = await request(url, {
      reset: true,
      headersTimeout: timeoutMs,
      bodyTimeout: timeoutMs,
      signal: withDeadline(signal, timeoutMs),
    });
    for await (const chunk of body) {
      const part = Buffer.from(chunk);
      bytes += part.length;
      goroutines = count(part);
    }
    return statusCode === 200
      ? { answered: true, ...seen() }
      : { answered: false, ...seen(), why: `status ${statusCode}` };
  } catch (error) {
    if (signal.aborted) throw interrupted(error);
    return { answered: false, ...seen(), why: messageOf(error) };
  }
}
