import { pipeline } from 'node:stream/promises';
import { createGunzip } from 'node:zlib';
import { interrupted, LabError, messageOf } from '../../errors.js';
import { blockSize, type RemoteFile, runsFrom } from './data-map.js';
import { connectionLost, noAnswer } from './failures.js';
import { rejected } from './files.js';
import type { Link } from './link.js';
import { streamScript } from './scripts.js';
import { openSession } from './session.js';
import { watchSilence } from './silence.js';

const chunkSize = 1 << 20;

/** Which blocks to send comes in as lines: there may be more of them than a command line holds. */
const sendScript = streamScript(`
lab_copy() {
  while read -r lab_first lab_count; do
    dd if="$1" bs=${blockSize} skip="$lab_first" count="$lab_count" </dev/null || exit 1
  done
}
if [ "$2" = gzip ]; then lab_copy "$1" | gzip -1 -c; else lab_copy "$1"; fi
`);

export interface BlockSource {
  readonly link: Link;
  readonly path: string;
  readonly gzip: boolean;
  readonly remote: RemoteFile;
  readonly signal: AbortSignal;
}

type Take = (bytes: Buffer, at: number) => Promise<void>;

/**
 * Brings the blocks of a file that hold data, from an offset on, in their order: `take` gets them with their places. `count` is
 * told what crossed the network. Throws `target` when the connection was lost or says nothing any more.
 */
export async function receiveBlocks(
  { link, path, gzip, remote, signal }: BlockSource,
  from: number,
  count: (bytes: number) => void,
  take: Take,
): Promise<void> {
  const runs = runsFrom(remote.runs, from);
  if (runs.length === 0) return;
  const { host, deadlines } = link.how;
  const session = await openSession(link, sendScript, [path, gzip ? 'gzip' : 'plain'], signal);
  session.channel.end(runs.map(({ first, count: blocks }) => `${first} ${blocks}\n`).join(''));
  const stop = new AbortController();
  const stopped = (): void => stop.abort();
  signal.addEventListener('abort', stopped, { once: true });
  const silence = watchSilence(session.channel, deadlines.silenceMs, stopped);
  void session.closed.then(({ lost }) => (lost ? stopped() : undefined));
  const place = placesOf(remote);
  let run = 0;
  let at = (runs[0]?.first ?? 0) * blockSize;
  const spread = async (bytes: Buffer): Promise<void> => {
    for (let rest = bytes; rest.length > 0; ) {
      const end = place(runs[run]);
      const here = rest.subarray(0, Math.min(rest.length, end - at));
      if (here.length === 0) throw new LabError(`${path} grew while it was brought`, { code: 'target' });
      await take(here, at);
      at += here.length;
      rest = rest.subarray(here.length);
      if (at >= end && run + 1 < runs.length) at = (runs[++run]?.first ?? 0) * blockSize;
    }
  };
  const counted = async function* (source: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
    for await (const bytes of source) {
      count(bytes.length);
      yield bytes;
    }
  };
  const sink = async (source: AsyncIterable<Buffer>): Promise<void> => {
    for await (const bytes of source) await spread(bytes);
  };
  try {
    const brought = gzip
      ? pipeline(session.stdout, counted, createGunzip({ chunkSize }), sink, { signal: stop.signal })
      : pipeline(session.stdout, counted, sink, { signal: stop.signal });
    const failure = await brought.then(
      () => undefined,
      (error: unknown) => ({ error }),
    );
    if (failure !== undefined) session.channel.close();
    if (silence.silent()) throw noAnswer(host, `${path} was brought`, deadlines.silenceMs);
    if (signal.aborted) throw interrupted();
    const { lost, exitCode } = await session.closed;
    const complete = run === runs.length - 1 && at >= place(runs[run]);
    if (complete && failure === undefined) return;
    const said = complaints(session.stderr().toString('utf8'));
    if (exitCode !== null && said !== '') throw rejected(host.name, `${path} was brought`, said);
    if (failure !== undefined && !lost && !isCut(failure.error)) throw failure.error;
    throw connectionLost(host, `while ${path} was brought`, failure?.error);
  } finally {
    silence.stop();
    signal.removeEventListener('abort', stopped);
  }
}

/** Offset at which a run ends: the last block of the file may be shorter. */
function placesOf({ size }: RemoteFile): (run: { first: number; count: number } | undefined) => number {
  return (run) => (run === undefined ? 0 : Math.min(size, (run.first + run.count) * blockSize));
}

function isCut(error: unknown): boolean {
  return /unexpected end of file|aborted|premature close/i.test(messageOf(error));
}

/** `dd` counts what it copied, on stderr. */
function complaints(stderr: string): string {
  return stderr
    .split('\n')
    .filter((line) => line !== '' && !/records (in|out)$|copied/.test(line))
    .join('\n');
}
