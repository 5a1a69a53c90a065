import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { SFTPWrapper } from 'ssh2';
import { interrupted, LabError, messageOf } from '../../errors.js';
import { quoteWord } from '../../quote-word.js';
import { again, wasLost } from '../again.js';
import { connectionLost, noAnswer } from './failures.js';
import { answered, type Link } from './link.js';
import { streamScript } from './scripts.js';
import { collect, openSession } from './session.js';
import { watchSilence } from './silence.js';

/** SFTP's numbers for what went wrong (draft-ietf-secsh-filexfer-02, section 7). */
const noSuchFile = 2;
const failure = 4;
const chunkSize = 64 * 1024;

/**
 * The text of a small file, read until its end since files of /proc have no size. By SFTP, one session for the whole
 * target: a command costs ten times as much. Where the server has no SFTP, by `cat`.
 */
export async function readFileOver(
  link: Link,
  path: string,
  signal: AbortSignal,
): Promise<string | undefined> {
  const read = async (): Promise<string | undefined> => {
    const sftp = await link.sftp(signal);
    return await (sftp === undefined ? readByCat(link, path, signal) : readBySftp(link, sftp, path, signal));
  };
  // A process that ends while its files are read fails without a reason; then they are gone a moment later.
  const mayPass = (error: unknown): boolean => wasLost(error) || codeOf(error) === failure;
  try {
    return await again(read, signal, mayPass);
  } catch (error) {
    if (signal.aborted) throw interrupted(error);
    if (codeOf(error) === noSuchFile) return undefined;
    if (error instanceof LabError) throw error;
    throw new LabError(`${path} on ${link.how.host.name} cannot be read: ${messageOf(error)}`, {
      code: /permission/i.test(messageOf(error)) ? 'missing-permission' : 'target',
      hint: `look at it there: ls -l ${quoteWord(path)}`,
      cause: error,
    });
  }
}

function codeOf(error: unknown): unknown {
  return error instanceof Error && 'code' in error ? error.code : undefined;
}

async function readBySftp(link: Link, sftp: SFTPWrapper, path: string, signal: AbortSignal): Promise<string> {
  const current = await link.connection(signal);
  const ask = <T>(what: string, request: (done: (error: Error | undefined, value: T) => void) => void) =>
    answered<T>(link.how, current, `${what} ${path}`, signal, request);
  const handle = await ask<Buffer>('opening', (done) => sftp.open(path, 'r', done));
  try {
    const chunks: Buffer[] = [];
    for (let at = 0; ; ) {
      const buffer = Buffer.allocUnsafe(chunkSize);
      const count = await ask<number>('reading', (done) => sftp.read(handle, buffer, 0, chunkSize, at, done));
      if (count === 0) return Buffer.concat(chunks).toString('utf8');
      chunks.push(buffer.subarray(0, count));
      at += count;
    }
  } finally {
    sftp.close(handle, () => undefined);
  }
}

const catScript = streamScript('[ -e "$1" ] || exit 66\nexec cat -- "$1"\n');

async function readByCat(link: Link, path: string, signal: AbortSignal): Promise<string | undefined> {
  const session = await openSession(link, catScript, [path], signal);
  const text = collect(session.stdout);
  const end = await session.closed;
  if (end.lost) throw connectionLost(link.how.host, `while ${path} was read`);
  if (end.exitCode === 66 || /No such (file|process)/.test(session.stderr().toString())) return undefined;
  if (end.exitCode !== 0) throw new Error(session.stderr().toString('utf8').trim());
  return (await text).toString('utf8');
}

/** Nothing lies at the path before all of it has arrived; `gzip` tells what was cut or bent. */
const receiveScript = streamScript(`
lab_part="$1.$lab_mark"
trap 'rm -f -- "$lab_part"' EXIT
umask 077
if [ "$3" = gzip ]; then gzip -dc >"$lab_part" || exit; else cat >"$lab_part" || exit; fi
lab_got=$(wc -c <"$lab_part")
[ "$lab_got" -eq "$4" ] || { echo "only $lab_got of $4 bytes arrived" >&2; exit 1; }
chmod "$2" "$lab_part" && mv -f -- "$lab_part" "$1"
`);

/** Copies a file to the target, its mode kept. Sent again from its beginning when the connection is lost. */
export async function uploadOver(
  link: Link,
  localPath: string,
  path: string,
  { gzip, signal }: { readonly gzip: boolean; readonly signal: AbortSignal },
): Promise<void> {
  const { size, mode } = await stat(localPath);
  const args = [path, (mode & 0o7777).toString(8), gzip ? 'gzip' : 'plain', String(size)];
  await send(link, receiveScript, args, `${localPath} was sent`, signal, async (sink, ended) => {
    const file = createReadStream(localPath, { highWaterMark: 256 * 1024 });
    if (gzip) await pipeline(file, createGzip({ level: 1 }), sink, { signal: ended });
    else await pipeline(file, sink, { signal: ended });
  });
}

type Fill = (sink: NodeJS.WritableStream, ended: AbortSignal) => Promise<void>;

/** Runs a script that takes a stream, again when the connection is lost. Throws `no-space` for a full disk. */
export async function send(
  link: Link,
  script: string,
  args: readonly string[],
  doing: string,
  signal: AbortSignal,
  fill: Fill,
): Promise<void> {
  try {
    await again(() => sendOnce(link, script, args, doing, signal, fill), signal);
  } catch (error) {
    throw signal.aborted ? interrupted(error) : error;
  }
}

async function sendOnce(
  link: Link,
  script: string,
  args: readonly string[],
  doing: string,
  signal: AbortSignal,
  fill: Fill,
): Promise<void> {
  const { host, deadlines } = link.how;
  const session = await openSession(link, script, args, signal);
  session.stdout.resume();
  const ended = new AbortController();
  const silence = watchSilence(session.channel, deadlines.silenceMs, () => ended.abort());
  const stop = (): void => ended.abort();
  signal.addEventListener('abort', stop, { once: true });
  void session.closed.then(stop);
  try {
    const filled = await fill(session.channel, ended.signal).catch((error: unknown) => ({ error }));
    if (signal.aborted || silence.silent()) session.channel.close();
    const end = await session.closed;
    if (silence.silent()) throw noAnswer(host, doing, deadlines.silenceMs);
    if (end.lost) throw connectionLost(host, `while ${doing}`);
    const said = session.stderr().toString('utf8').trim();
    if (end.exitCode !== 0) throw rejected(host.name, doing, said || `exit code ${end.exitCode}`);
    if (filled !== undefined) throw filled.error;
  } finally {
    silence.stop();
    signal.removeEventListener('abort', stop);
  }
}

/** What a tool of the target said when it could not write or read. */
export function rejected(name: string, doing: string, said: string): LabError {
  if (/No space left|quota exceeded/i.test(said)) {
    return new LabError(`the disk of ${name} is full: ${said}`, {
      code: 'no-space',
      hint: 'free some space there',
    });
  }
  const denied = /Permission denied|Operation not permitted|Read-only/i.test(said);
  return new LabError(`${name} failed while ${doing}: ${said}`, {
    code: denied ? 'missing-permission' : /not found/.test(said) ? 'missing-tool' : 'target',
    hint: denied ? 'name a user who may do that: ssh://user@host' : 'look at the folder on the target',
  });
}
