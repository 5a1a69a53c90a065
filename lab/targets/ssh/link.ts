import type { ClientChannel, SFTPWrapper } from 'ssh2';
import { pause, withDeadline } from '../../deadline.js';
import { interrupted, LabError, messageOf } from '../../errors.js';
import type { ProcessIdentity } from '../target.js';
import { type ConnectOptions, connect, type SshConnection } from './connect.js';
import { connectionLost, mayPass, noAnswer } from './failures.js';

/** A connection that is made anew when it was lost; what is under way at that moment fails. */
export interface Link extends AsyncDisposable {
  readonly how: ConnectOptions;
  /** The present connection, or a new one. Throws `target` when the host cannot be reached within the bound. */
  connection(signal: AbortSignal): Promise<SshConnection>;
  /** A channel that runs a line; waits while the server's limit of sessions is used up. */
  channel(line: string, signal: AbortSignal): Promise<Opened>;
  /** The SFTP session of the present connection; `undefined` where the server has none. */
  sftp(signal: AbortSignal): Promise<SFTPWrapper | undefined>;
  /** Commands that were left running when a connection was cut; ended as soon as there is another one. */
  readonly orphans: ProcessIdentity[];
}

export interface Opened {
  readonly channel: ClientChannel;
  readonly connection: SshConnection;
  /** Gives its place to the next one; called when the channel has closed. */
  release(): void;
}

/** sshd allows ten sessions of one connection (MaxSessions); SFTP takes one, and one is left in reserve. */
const sessionsMax = 8;
const firstPauseMs = 200;
const longestPauseMs = 3_000;

/** `welcome` is called with each new connection after the first one. */
export function link(how: ConnectOptions, welcome: () => void): Link {
  const ended = new AbortController();
  const orphans: ProcessIdentity[] = [];
  const free = places(sessionsMax);
  let present: Promise<SshConnection> | undefined;
  let sftp: Promise<SFTPWrapper | undefined> | undefined;
  let connectedBefore = false;

  const connection = (signal: AbortSignal): Promise<SshConnection> => {
    if (ended.signal.aborted) return Promise.reject(connectionLost(how.host, 'when the target was closed'));
    if (present === undefined) {
      const again = connectedBefore;
      const attempt = (again ? connectWithin(how, ended.signal) : connect(how, ended.signal)).then(
        (made) => {
          connectedBefore = true;
          void made.closed.then(() => forget(attempt));
          if (again) setImmediate(welcome);
          return made;
        },
        (error: unknown) => {
          forget(attempt);
          throw error;
        },
      );
      present = attempt;
    }
    return until(present, signal);
  };
  const forget = (attempt: Promise<SshConnection>): void => {
    if (present !== attempt) return;
    present = undefined;
    sftp = undefined;
  };

  return {
    how,
    orphans,
    connection,
    async channel(line, signal) {
      const release = await free.take(signal);
      try {
        const current = await connection(signal);
        const channel = await answered<ClientChannel>(how, current, 'opening a channel', signal, (done) =>
          current.client.exec(line, done),
        );
        // What the channel itself reports late has been said by its closing.
        channel.on('error', () => undefined);
        return { channel, connection: current, release };
      } catch (error) {
        release();
        throw error;
      }
    },
    async sftp(signal) {
      const current = await connection(signal);
      sftp ??= answered<SFTPWrapper>(how, current, 'opening SFTP', ended.signal, (done) =>
        current.client.sftp(done),
      ).then(
        (session) => {
          session.on('error', () => undefined);
          session.once('close', () => {
            sftp = undefined;
          });
          return session;
        },
        (error: unknown) => {
          if (error instanceof LabError) {
            sftp = undefined;
            throw error;
          }
          return undefined;
        },
      );
      return until(sftp, signal);
    },
    async [Symbol.asyncDispose]() {
      const last = present;
      ended.abort();
      const open = await last?.catch(() => undefined);
      if (open === undefined) return;
      open.close();
      const enough = new AbortController();
      await Promise.race([open.closed, pause(2_000, enough.signal).catch(() => undefined)]);
      enough.abort();
      open.client.destroy();
    },
  };
}

/** Tries again while another attempt may succeed and the bound allows it. */
async function connectWithin(how: ConnectOptions, signal: AbortSignal): Promise<SshConnection> {
  const end = performance.now() + how.deadlines.reconnectMs;
  for (let wait = firstPauseMs; ; wait = Math.min(2 * wait, longestPauseMs)) {
    try {
      return await connect(how, signal);
    } catch (error) {
      if (!mayPass(error) || performance.now() + wait > end) throw error;
      await pause(wait, signal);
    }
  }
}

type Callback<T> = (error: Error | undefined, value: T) => void;

/**
 * The answer of the server to one request. An error of the server is passed on as it is; a connection that is lost
 * meanwhile and an answer that does not come are `target`.
 */
export async function answered<T>(
  { host, deadlines }: ConnectOptions,
  { closed }: SshConnection,
  what: string,
  signal: AbortSignal,
  ask: (done: Callback<T>) => void,
): Promise<T> {
  const answer = new Promise<T>((resolve, reject) => {
    void closed.then((cause) => reject(connectionLost(host, what, cause)));
    try {
      ask((error, value) => {
        if (error === undefined || error === null) resolve(value);
        else if (/not connected|no response|channel.*closed/i.test(messageOf(error))) {
          reject(connectionLost(host, what, error));
        } else reject(error);
      });
    } catch (error) {
      reject(connectionLost(host, what, error));
    }
  });
  answer.catch(() => undefined);
  const late = withDeadline(signal, deadlines.answerMs);
  return until(answer, late).catch((error: unknown) => {
    if (late.aborted && !signal.aborted) throw noAnswer(host, what, deadlines.answerMs);
    throw error;
  });
}

/** The work's outcome, or `interrupted` as soon as the signal aborts; the work itself goes on. */
export async function until<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw interrupted(signal.reason);
  let stop = (): void => undefined;
  const aborted = new Promise<never>((_, reject) => {
    stop = () => reject(interrupted(signal.reason));
    signal.addEventListener('abort', stop, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', stop);
  }
}

function places(count: number): { take(signal: AbortSignal): Promise<() => void> } {
  let free = count;
  const waiting: (() => void)[] = [];
  const pass = (): void => {
    const next = waiting.shift();
    if (next === undefined) free++;
    else next();
  };
  return {
    async take(signal) {
      if (free === 0) {
        let turn = (): void => undefined;
        const comes = new Promise<void>((resolve) => {
          turn = resolve;
          waiting.push(turn);
        });
        try {
          await until(comes, signal);
        } catch (error) {
          const index = waiting.indexOf(turn);
          if (index >= 0) waiting.splice(index, 1);
          else pass();
          throw error;
        }
      } else free--;
      let held = true;
      return () => {
        if (!held) return;
        held = false;
        pass();
      };
    },
  };
}
