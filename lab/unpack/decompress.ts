import { spawn } from 'node:child_process';
import type { FileHandle } from 'node:fs/promises';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setInterval } from 'node:timers/promises';
import { createGunzip } from 'node:zlib';
import { bad } from '../core/input-file.js';
import type { Compression } from '../core/wrapping.js';
import { LabError, messageOf } from '../errors.js';
import type { Bytes } from './bytes.js';

interface Tool {
  readonly argv: readonly [string, ...string[]];
  /** What it needs to be told besides to leave holes in a file. */
  readonly sparse: readonly string[];
  /** Of Debian and Ubuntu. */
  readonly package: string;
}

/** Each is what everybody has of its format, reads a stream, and is several times as fast as anything in JavaScript. */
const tools: Readonly<Record<ByTool, Tool>> = {
  // Windows as large as `--ultra --long=31` makes them.
  zstd: { argv: ['zstd', '-dcq', '--long=31'], sparse: ['--sparse'], package: 'zstd' },
  xz: { argv: ['xz', '-dcq', '-T0'], sparse: [], package: 'xz-utils' },
  lz4: { argv: ['lz4', '-dcq'], sparse: ['--sparse'], package: 'lz4' },
};

/**
 * What a compressed stream holds. Throws `usage` when it is cut off or damaged, `missing-tool` with the package that has
 * the program.
 */
export function decompress(
  bytes: Bytes,
  compression: Compression,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  return compression === 'gzip' ? gunzip(bytes, name, signal) : byTool(bytes, compression, name, signal);
}

async function* gunzip(bytes: Bytes, name: string, signal: AbortSignal): AsyncGenerator<Buffer> {
  const unzipped = createGunzip({ chunkSize: 1 << 20 });
  const feed = begun(pipeline(Readable.from(bytes), unzipped, { signal }));
  try {
    for await (const chunk of unzipped) yield chunk as Buffer;
    await feed.done;
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Error && 'code' in error && /^Z_/.test(String(error.code))) {
      throw damaged(name, 'gzip', messageOf(error));
    }
    throw error;
  } finally {
    unzipped.destroy();
    await feed.settled;
  }
}

async function* byTool(
  input: Bytes,
  compression: ByTool,
  name: string,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  yield* outputOf({ ...programOf(compression, name), input }, signal);
}

/**
 * Has what a compressed stream holds written into an open file, with holes where it is zero, by the program that unpacks
 * it: a stream of gigabytes through this process takes several times as long on a busy machine. `watch` is called again
 * and again meanwhile, and ends it by throwing. Throws as {@link decompress} does.
 */
export async function decompressInto(
  file: FileHandle,
  {
    bytes,
    compression,
    name,
  }: { readonly bytes: Bytes; readonly compression: ByTool; readonly name: string },
  watch: () => Promise<void>,
  signal: AbortSignal,
): Promise<void> {
  const over = new AbortController();
  const watching = (async () => {
    try {
      for await (const _ of setInterval(watchMs, undefined, { signal: over.signal })) await watch();
    } catch (error) {
      if (error instanceof LabError) over.abort(error);
      else if (!over.signal.aborted) throw error;
    }
  })();
  const either = AbortSignal.any([signal, over.signal]);
  try {
    const program = programOf(compression, name);
    const [tool, ...args] = program.argv;
    const argv = [tool, ...args, ...tools[compression].sparse] as const;
    for await (const _ of outputOf({ ...program, argv, input: bytes, stdout: file.fd }, either)); // nothing comes this way
  } finally {
    over.abort();
    await watching;
  }
  await watch();
}

export type ByTool = Exclude<Compression, 'gzip'>;

const watchMs = 50;

function programOf(compression: ByTool, name: string): Program {
  const { argv, package: from } = tools[compression];
  return {
    argv,
    failed: (said) => damaged(name, compression, said === '' ? `${argv.join(' ')} failed` : said),
    notThere: missingTool(`${name} is compressed with ${compression}`, argv[0], from),
  };
}

export interface Program {
  readonly argv: readonly [string, ...string[]];
  readonly input?: Bytes;
  /** An open file that it writes to instead. */
  readonly stdout?: number;
  /** The error when it ends with another code than 0, of what it said. */
  readonly failed: (said: string) => LabError;
  /** The error when there is no such program. */
  readonly notThere: LabError;
}

/** What a program of the machine writes. It is ended with whoever reads it. */
export async function* outputOf(
  { argv: [program, ...args], input, stdout, failed, notThere }: Program,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  // Nothing of the user's own settings (XZ_OPT, ZSTD_CLEVEL). A group of its own: a Ctrl-C reaches it by the signal.
  const env = { PATH: process.env['PATH'] ?? '', LC_ALL: 'C' };
  const child = spawn(program, args, { env, detached: true, stdio: ['pipe', stdout ?? 'pipe', 'pipe'] });
  const leave = () => child.kill('SIGKILL');
  process.once('exit', leave);
  signal.addEventListener('abort', leave, { once: true });
  let said = '';
  child.stderr?.setEncoding('utf8').on('data', (text: string) => {
    said = (said + text).slice(-1_000);
  });
  const ended = new Promise<number | null | 'not-there'>((resolve) => {
    child.once('error', (error) => resolve('code' in error && error.code === 'ENOENT' ? 'not-there' : null));
    child.once('close', (exitCode) => resolve(exitCode));
  });
  const feed = begun(pipeline(Readable.from(input ?? []), child.stdin as Writable));
  try {
    for await (const chunk of child.stdout ?? []) yield chunk as Buffer;
    const exitCode = await ended;
    signal.throwIfAborted();
    if (exitCode === 'not-there') throw notThere;
    // What feeds it may itself have broken; that the program stops reading early is no news.
    await feed.done.catch((error: unknown) => {
      if (error instanceof LabError) throw error;
    });
    if (exitCode !== 0) throw failed(lastLine(said));
  } finally {
    leave();
    await ended;
    await feed.settled;
    signal.removeEventListener('abort', leave);
    process.removeListener('exit', leave);
  }
}

export function missingTool(why: string, program: string, from: string): LabError {
  return new LabError(`${why}, and ${program} is not installed`, {
    code: 'missing-tool',
    hint: `install it: \`sudo apt-get install ${from}\``,
  });
}

function damaged(name: string, compression: Compression, said: string): LabError {
  return bad(
    `${name} is cut off or damaged: ${compression} cannot be unpacked (${said})`,
    'copy the file again from where the core was taken',
  );
}

const lastLine = (text: string) => text.trim().split('\n').at(-1)?.trim() ?? '';

/** Work beside other work: `done` fails with it, `settled` never does. */
function begun(work: Promise<unknown>) {
  const settled = work.catch(() => undefined);
  return { done: work, settled };
}
