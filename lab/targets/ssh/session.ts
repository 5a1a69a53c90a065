import { randomBytes } from 'node:crypto';
import { type Readable, Transform } from 'node:stream';
import type { ClientChannel } from 'ssh2';
import { withDeadline } from '../../deadline.js';
import { LabError } from '../../errors.js';
import type { SshConnection } from './connect.js';
import { connectionLost, noAnswer } from './failures.js';
import type { Link } from './link.js';
import { shellLine } from './quote.js';
import { until } from './waits.js';

/** A script that runs on the target. */
export interface Session {
  readonly mark: string;
  readonly channel: ClientChannel;
  /** The words that the script said of itself on the line of its mark. */
  readonly said: readonly string[];
  /** What came after that line; somebody has to read it. */
  readonly stdout: Readable;
  /** What came on stderr after the mark, up to now. */
  stderr(): Buffer;
  readonly closed: Promise<SessionEnd>;
}

export interface SessionEnd {
  readonly exitCode: number | null;
  /** With `SIG`. */
  readonly signal: string | null;
  /** The connection was lost, or the server said nothing of how it ended. */
  readonly lost: boolean;
}

/**
 * Runs one of the scripts and waits for its mark: from there on the output is the script's own. Throws `target`
 * when the host cannot be reached, does not answer, or runs no commands.
 */
export async function openSession(
  link: Link,
  script: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<Session> {
  const { host, deadlines } = link.how;
  const mark = randomBytes(9).toString('hex');
  const errors: Buffer[] = [];
  const { filter, found } = afterMark(mark);
  const listen = (
    opened: ClientChannel,
    connection: SshConnection,
  ): { readonly closed: Promise<SessionEnd> } => {
    opened.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    opened.pipe(filter);
    return { closed: closing(opened, connection.closed) };
  };
  const { channel, heard, release } = await link.channel(shellLine(script, [mark, ...args]), listen, signal);
  const closed = heard.closed.finally(release);
  const stderr = (): Buffer => withoutNoise(Buffer.concat(errors), mark);
  const late = withDeadline(signal, deadlines.answerMs);
  try {
    const said = await until(
      Promise.race([
        found,
        closed.then((end): never => {
          throw end.lost
            ? connectionLost(host, 'before the command began')
            : refused(host.name, mark, errors, end);
        }),
      ]),
      late,
    );
    return { mark, channel, said, stdout: filter, stderr, closed };
  } catch (error) {
    filter.resume();
    channel.close();
    if (late.aborted && !signal.aborted) throw noAnswer(host, 'starting a shell', deadlines.answerMs);
    throw error;
  }
}

/** Runs one of the scripts to its end and returns what it wrote. */
export async function runScript(
  link: Link,
  script: string,
  args: readonly string[],
  signal: AbortSignal,
): Promise<SessionEnd & { readonly stdout: string; readonly stderr: string }> {
  const session = await openSession(link, script, args, signal);
  session.channel.end();
  const stdout = collect(session.stdout);
  const end = await until(session.closed, signal).finally(() => session.channel.close());
  return { ...end, stdout: (await stdout).toString('utf8'), stderr: session.stderr().toString('utf8') };
}

/** All that a stream brings; never rejects: what ended it is told elsewhere. */
export function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  return new Promise((resolve) => {
    const done = (): void => resolve(Buffer.concat(chunks));
    stream.on('data', (chunk: Buffer) => chunks.push(chunk));
    stream.once('end', done).once('close', done).once('error', done);
  });
}

/** What a script said of why it went no further; `undefined` when it said nothing. */
export function complaintOf(stderr: Buffer, mark: string): { readonly why?: string; readonly text: string } {
  const text = stderr.toString('utf8');
  const match = new RegExp(`\\n${mark} (\\S+)\\n$`).exec(text);
  if (match?.[1] === undefined) return { text };
  return { why: match[1], text: text.slice(0, match.index) };
}

function closing(channel: ClientChannel, lost: Promise<unknown>): Promise<SessionEnd> {
  return new Promise((resolve) => {
    let end: SessionEnd = { exitCode: null, signal: null, lost: true };
    channel.on('exit', (code: number | null, name?: string) => {
      end = { exitCode: code ?? null, signal: name ?? null, lost: false };
    });
    channel.once('close', () => resolve(end));
    void lost.then(() => setImmediate(() => resolve(end)));
  });
}

function afterMark(mark: string): { readonly filter: Transform; readonly found: Promise<readonly string[]> } {
  let head: Buffer | undefined = Buffer.alloc(0);
  let tell: (said: readonly string[]) => void = () => undefined;
  const found = new Promise<readonly string[]>((resolve) => {
    tell = resolve;
  });
  const filter = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      if (head === undefined) return done(null, chunk);
      head = Buffer.concat([head, chunk]);
      const at = head.indexOf(mark);
      const end = at < 0 ? -1 : head.indexOf('\n', at);
      if (end < 0) return done();
      tell(head.toString('utf8', at, end).split(' ').slice(1));
      const rest = head.subarray(end + 1);
      head = undefined;
      return rest.length === 0 ? done() : done(null, rest);
    },
  });
  return { filter, found };
}

function withoutNoise(bytes: Buffer, mark: string): Buffer {
  const at = bytes.indexOf(`${mark}\n`);
  return at < 0 ? bytes : bytes.subarray(at + mark.length + 1);
}

function refused(name: string, mark: string, errors: readonly Buffer[], end: SessionEnd): LabError {
  const { why, text } = complaintOf(withoutNoise(Buffer.concat(errors), mark), mark);
  const said = text.trim() || `exit code ${end.exitCode}`;
  if (why === 'no-linux') {
    return new LabError(`${name} is no Linux: it has no /proc to read`, {
      code: 'target',
      hint: 'name a Linux host: ssh://user@host',
      details: { reason: 'no-linux' },
    });
  }
  if (why !== undefined) return new LabError(said, { code: 'target', details: { reason: why } });
  return new LabError(`${name} runs no commands for this user: ${said}`, {
    code: 'target',
    hint: 'give the user a POSIX login shell there',
    details: { reason: 'no-shell' },
  });
}
