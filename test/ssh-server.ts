import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect } from 'node:net';
import ssh2, { type AuthContext, type Connection, type ServerChannel } from 'ssh2';
import { newKeyPair } from './ssh-key.js';

export interface SshServerOptions {
  /** Private host key; default: a new one. */
  readonly hostKey?: string;
  /** Whether a client may come in. Default: everybody. */
  readonly admits?: (attempt: AuthContext) => boolean;
  /** Called with each command, before it runs. Default: `run`. */
  readonly onCommand?: (command: string) => 'run' | 'refuse' | 'ignore';
  /** Called with the output of commands, in bytes so far. */
  readonly onOutput?: (bytes: number) => void;
  /** First on the PATH of its commands. */
  readonly tools?: string;
}

export interface SshServer extends AsyncDisposable {
  readonly port: number;
  /** `known_hosts` line that vouches for it. */
  readonly knownHost: string;
  /** Connections that were authenticated. */
  readonly connections: () => number;
  /** Commands that were run. */
  readonly commands: () => number;
  /** Ends all connections without a word, as a network does. */
  cut(): void;
}

/** An SSH server in this process that really runs commands, as sshd would, and can be made to misbehave. */
export async function startSshServer(options: SshServerOptions = {}): Promise<SshServer> {
  const hostKey = options.hostKey ?? newKeyPair().private;
  const live = new Set<Connection>();
  const children = new Set<ChildProcess>();
  let connections = 0;
  let commands = 0;
  let bytes = 0;
  const run = (channel: ServerChannel, command: string): void => {
    commands++;
    // A group of its own, like sshd's; its input ends with the channel or with the connection.
    const env = { ...process.env, PATH: [options.tools, process.env['PATH']].filter(Boolean).join(':') };
    const child = spawn('/bin/sh', ['-c', command], { detached: true, env });
    children.add(child);
    channel.pipe(child.stdin);
    child.stdin.on('error', () => undefined);
    channel.on('error', () => undefined);
    channel.on('close', () => {
      child.stdin.destroy();
      child.stdout.destroy();
      child.stderr.destroy();
    });
    child.stdout.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      options.onOutput?.(bytes);
    });
    child.stdout.pipe(channel, { end: false });
    child.stderr.pipe(channel.stderr, { end: false });
    child.once('exit', () => child.stdin.destroy());
    child.once('close', (code, signal) => {
      children.delete(child);
      if (signal === null) channel.exit(code ?? 0);
      else channel.exit(signal.replace(/^SIG/, ''));
      channel.end();
    });
  };
  const server = new ssh2.Server({ hostKeys: [hostKey] }, (connection) => {
    live.add(connection);
    connection.on('error', () => undefined).on('close', () => live.delete(connection));
    connection.on('authentication', (attempt) => {
      if (options.admits?.(attempt) ?? true) attempt.accept();
      else attempt.reject(['publickey']);
    });
    connection.on('ready', () => {
      connections++;
      connection.on('session', (accept) => {
        accept().on('exec', (acceptCommand, reject, { command }) => {
          const todo = options.onCommand?.(command) ?? 'run';
          if (todo === 'refuse') reject();
          if (todo === 'run') run(acceptCommand(), command);
        });
      });
      connection.on('tcpip', (accept, reject, { destIP, destPort }) => {
        const socket = connect(destPort, destIP);
        socket.once('error', () => reject());
        socket.once('connect', () => {
          const channel = accept();
          socket.on('error', () => channel.close());
          channel.on('error', () => socket.destroy());
          channel.pipe(socket).pipe(channel);
        });
      });
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  const key = ssh2.utils.parseKey(hostKey);
  if (key instanceof Error) throw key;
  const cut = (): void => {
    // The types do not show the socket; a polite end would tell the client that all is well.
    for (const each of live) (each as unknown as { _sock: { destroy(): void } })._sock.destroy();
  };
  return {
    port,
    knownHost: `[127.0.0.1]:${port} ${key.type} ${key.getPublicSSH().toString('base64')}\n`,
    connections: () => connections,
    commands: () => commands,
    cut,
    async [Symbol.asyncDispose]() {
      cut();
      server.close();
      for (const child of children) for (const pipe of child.stdio) pipe?.destroy();
    },
  };
}
