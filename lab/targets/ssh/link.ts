import type { ClientChannel, SFTPWrapper } from 'ssh2';
import { pause, withDeadline } from '../../deadline.js';
import { LabError, messageOf } from '../../errors.js';
import type { ProcessIdentity } from '../target.js';
import { type ConnectOptions, connect, type SshConnection } from './connect.js';
import { connectionLost, mayPass, noAnswer, refusalOf } from './failures.js';
import { places, until } from './waits.js';

/** A connection that is made anew when it was lost; what is under way at that moment fails. */
export interface Link extends AsyncDisposable {
  readonly how: ConnectOptions;
  /** The present connection, or a new one. Throws `target` when the host cannot be reached within the bound. */
  connection(signal: AbortSignal): Promise<SshConnection>;
  /**
   * A channel that runs a line; waits while the server's limit of sessions is used up. `listen` is called as soon as there
   * is one: how a short command ended may stand in the same packet as the leave to run it.
   */
  channel<T>(line: string, listen: Listen<T>, signal: AbortSignal): Promise<Opened<T>>;
  /** The SFTP session of the present connection; `undefined` where the server has none. */
  sftp(signal: AbortSignal): Promise<SFTPWrapper | undefined>;
  /** Commands that were left running when a connection was cut; ended as soon as there is another one. */
  readonly orphans: ProcessIdentity[];
}

type Listen<T> = (channel: ClientChannel, connection: SshConnection) => T;

export interface Opened<T> {
  readonly channel: ClientChannel;
  readonly heard: T;
  /** Gives its place to the next one; called when the channel has closed. */
  release(): void;
}

/** sshd allows ten sessions of one connection (MaxSessions); SFTP takes one, and one is left in reserve. */
const sessionsMax = 8;
const firstPauseMs = 200;
const longestPauseMs = 3_000;

/** `welcome` is called with each new connection after the first one, `lost` when one has ended that was not closed. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the link share one connection and its end
export function link(how: ConnectOptions, welcome: () => void, lost: () => void = () => undefined): Link {
  const ended = new AbortController();
  const orphans: ProcessIdentity[] = [];
  const free = places(sessionsMax);
  let present: Promise<SshConnection> | undefined;
  let sftp: Promise<SFTPWrapper | undefined> | undefined;
  let connectedBefore = false;
  let usable: SshConnection | undefined;

  const connection = (signal: AbortSignal): Promise<SshConnection> => {
    if (ended.signal.aborted) return Promise.reject(connectionLost(how.host, 'when the target was closed'));
    if (present === undefined) {
      const again = connectedBefore;
      const attempt = (again ? connectWithin(how, ended.signal) : connect(how, ended.signal)).then(
        (made) => {
          connectedBefore = true;
          usable = made;
          void made.closed.then(() => {
            forget(attempt);
            if (!ended.signal.aborted) lost();
          });
          if (again) setImmediate(welcome);
          return made;
        },
        (error: unknown) => {
          forget(attempt);
          if (!ended.signal.aborted) throw error;
          throw connectionLost(how.host, 'when the target was closed', error);
        },
      );
      present = attempt;
    }
    return until(present, signal);
  };
  /** A connection whose socket has died refuses everything for a moment before it says that it is closed. */
  const drop = (dead: SshConnection, error: unknown): void => {
    if (refusalOf(error) !== 'lost' || usable !== dead) return;
    usable = undefined;
    present = undefined;
    sftp = undefined;
    dead.client.destroy();
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
    async channel(line, listen, signal) {
      const release = await free.take(signal);
      let used: SshConnection | undefined;
      try {
        const current = await connection(signal);
        used = current;
        const open = () =>
          answered<readonly [ClientChannel, ReturnType<typeof listen>]>(
            how,
            current,
            'opening a channel',
            signal,
            (done) =>
              current.client.exec(line, (error, opened) => {
                if (error !== undefined) return done(error, undefined);
                // What the channel itself reports late has been said by its closing.
                opened.on('error', () => undefined);
                done(undefined, [opened, listen(opened, current)]);
              }),
          );
        const [channel, heard] = await whenRoom(open, signal);
        return { channel, heard, release };
      } catch (error) {
        release();
        if (used !== undefined) drop(used, error);
        if (error instanceof LabError) throw error;
        throw new LabError(`${how.host.name} runs no commands: ${messageOf(error)}`, {
          code: 'target',
          hint: 'allow this user commands and sessions in its sshd_config (ForceCommand, MaxSessions)',
          cause: error,
          details: { reason: 'no-shell' },
        });
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
            drop(current, error);
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

/** sshd counts a session for a moment longer than its client does, and refuses one too many as `open failed`. */
async function whenRoom<T>(open: () => Promise<T>, signal: AbortSignal): Promise<T> {
  const end = performance.now() + longestPauseMs;
  for (;;) {
    try {
      return await open();
    } catch (error) {
      if (!/Channel open failure: open failed/.test(messageOf(error)) || performance.now() > end) throw error;
      await pause(firstPauseMs, signal);
    }
  }
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

type Callback<T> = (...answer: [error: undefined, value: T] | [error: Error, value: T | undefined]) => void;

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
        } else {
          // A request that dies with its connection hears of it first.
          setImmediate(() => reject(error));
        }
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
