import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { NodeSSH } from 'node-ssh';
import type { Client, ServerHostKeyAlgorithm } from 'ssh2';
import { interrupted } from '../../errors.js';
import { resolveSshConfig, type SshHost, type SshHostOptions } from './config.js';
import type { SshDeadlines } from './deadlines.js';
import { connectFailure, keyFailure } from './failures.js';
import { identitiesOf } from './identities.js';
import { type KnownHosts, readKnownHosts } from './known-hosts.js';

/** How host keys are judged: `any` only for machines that the lab itself made. */
export type HostKeys = 'known' | 'any';

export interface ConnectOptions {
  readonly host: SshHost;
  readonly options: SshHostOptions;
  readonly hostKeys: HostKeys;
  readonly deadlines: SshDeadlines;
}

export interface SshConnection {
  readonly client: Client;
  /** Resolves when the connection is gone, with what it ended by; never rejects. */
  readonly closed: Promise<Error | undefined>;
  close(): void;
}

const unansweredMax = 3;

/** One connection, through jump hosts where the configuration names some. Throws `target` with what to do. */
export async function connect(how: ConnectOptions, signal: AbortSignal): Promise<SshConnection> {
  signal.throwIfAborted();
  const { host, options, deadlines } = how;
  const opened: SshConnection[] = [];
  const closeAll = (): void => {
    for (const each of opened.toReversed()) each.close();
  };
  try {
    for (const address of host.jumps) {
      const config = options.config === undefined ? {} : { config: options.config };
      const hop = await resolveSshConfig({ ...address, ...config }, signal);
      // ssh goes through a jump host's own jump hosts for the first one only.
      if (opened.length === 0 && hop.jumps.length > 0) {
        opened.push(await connect({ ...how, host: hop, options: { ...address, ...config } }, signal));
        continue;
      }
      opened.push(
        await connectOnce({ ...how, host: hop }, await through(opened.at(-1), hop, deadlines), signal),
      );
    }
    const last = await connectOnce(how, await through(opened.at(-1), host, deadlines), signal);
    if (opened.length === 0) return last;
    void last.closed.then(closeAll);
    return last;
  } catch (error) {
    closeAll();
    throw error;
  }
}

/** A stream to the host through the connection before it; `undefined` when there is none before it. */
async function through(
  before: SshConnection | undefined,
  host: SshHost,
  { connectMs }: SshDeadlines,
): Promise<Readable | undefined> {
  if (before === undefined) return undefined;
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(connectFailure(host, error, { tried: [], accepts: [] }));
    const late = setTimeout(
      () => fail(Object.assign(new Error('late'), { level: 'client-timeout' })),
      connectMs,
    );
    before.client.forwardOut('127.0.0.1', 0, host.hostName, host.port, (error, channel) => {
      clearTimeout(late);
      if (error) fail(error);
      else resolve(channel);
    });
  });
}

async function connectOnce(
  { host, hostKeys, deadlines }: ConnectOptions,
  sock: Readable | undefined,
  signal: AbortSignal,
): Promise<SshConnection> {
  const known = await readKnownHosts(hostKeys === 'any' ? [] : host.knownHostsFiles);
  const { methods, described } = await identitiesOf(host);
  const queue = [...methods];
  let accepts: readonly string[] = [];
  let refusal: Error | undefined;
  const ssh = new NodeSSH();
  const connecting = ssh.connect({
    ...(sock === undefined ? { host: host.hostName, port: host.port } : { sock }),
    username: host.user,
    readyTimeout: deadlines.connectMs,
    keepaliveInterval: host.keepAliveMs ?? deadlines.keepAliveMs,
    keepaliveCountMax: unansweredMax,
    algorithms: { serverHostKey: keyTypes(known, host) },
    hostVerifier: (key: Buffer) => {
      const verdict = hostKeys === 'any' ? undefined : known.judge(host.keyName, host.port, key);
      if (verdict === undefined || verdict.kind === 'known') return true;
      refusal = keyFailure(host, verdict, fingerprint(key));
      return false;
    },
    // The first attempt, without any key, is the one whose answer names what the server accepts.
    authHandler: (left, _partial, next) => {
      if (left !== null) accepts = left;
      const method = left === null ? { type: 'none' as const, username: host.user } : queue.shift();
      // The types do not know that `false` ends the attempts.
      if (method === undefined) next(false as never);
      else next(method);
    },
  });
  const { connection } = ssh;
  const abort = (): void => void connection?.destroy();
  signal.addEventListener('abort', abort, { once: true });
  try {
    await connecting;
    if (connection === null) throw new Error('closed at once');
    return connectionOf(connection);
  } catch (error) {
    connection?.on('error', () => undefined).destroy();
    if (signal.aborted) throw interrupted(error);
    throw refusal ?? connectFailure(host, error, { tried: described, accepts });
  } finally {
    signal.removeEventListener('abort', abort);
  }
}

function connectionOf(client: Client): SshConnection {
  let last: Error | undefined;
  client.setMaxListeners(0);
  client.setNoDelay(true);
  client.on('error', (error) => {
    last = error;
  });
  const closed = new Promise<Error | undefined>((resolve) => {
    client.once('close', () => resolve(last));
  });
  return { client, closed, close: () => void client.end() };
}

/**
 * The server is asked for a key of a type that is known: asked for another one, an honest host would look like a
 * changed one.
 */
function keyTypes(known: KnownHosts, { keyName, port }: SshHost): ServerHostKeyAlgorithm[] {
  const types = known.typesFor(keyName, port);
  const isKnown = (algorithm: string): boolean =>
    types.includes(algorithm) || (algorithm.startsWith('rsa-') && types.includes('ssh-rsa'));
  return [...keyAlgorithms.filter(isKnown), ...keyAlgorithms.filter((algorithm) => !isKnown(algorithm))];
}

const keyAlgorithms: readonly ServerHostKeyAlgorithm[] = [
  'ssh-ed25519',
  'ecdsa-sha2-nistp256',
  'ecdsa-sha2-nistp384',
  'ecdsa-sha2-nistp521',
  'rsa-sha2-512',
  'rsa-sha2-256',
  'ssh-rsa',
];

/** As `ssh-keygen -l` prints it. */
function fingerprint(key: Buffer): string {
  return `SHA256:${createHash('sha256').update(key).digest('base64').replace(/=+$/, '')}`;
}
