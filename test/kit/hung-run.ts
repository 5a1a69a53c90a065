import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { connect, type Socket } from 'node:net';
import { expect } from 'chai';
import { poll } from '../../lab/deadline.js';
import { startedServerSchema } from '../../lab/server/start.js';
import { openRun } from '../../lab/store/run-store.js';
import { startLab } from '../lab-process.js';

const { signal } = new AbortController();

/** What clients sent to a server; text is spelled with letters in an order that is nowhere by chance. */
export interface Secrets {
  readonly path: string;
  readonly header: string;
  readonly cookie: string;
  readonly body: string;
  readonly binary: Buffer;
}

const letters = 'ghjkmnpqrstuvwxyzGHJKMNPQRSTUVWXYZ';
const word = () => Array.from(randomBytes(52), (byte) => letters[byte % letters.length]).join('');

export function makeSecrets(): Secrets {
  const binary = randomBytes(600);
  return { path: word(), header: word(), cookie: word(), body: `${word()}${word()}`, binary };
}

/** Requests with secrets in all their parts; they are left open. */
async function send(port: number, secrets: Secrets, count: number): Promise<Socket[]> {
  const body = Buffer.concat([Buffer.from(secrets.body), secrets.binary]);
  const head = [
    `POST /${secrets.path}?token=${secrets.path} HTTP/1.1`,
    'Host: 127.0.0.1',
    `Authorization: Bearer ${secrets.header}`,
    `Cookie: id=${secrets.cookie}`,
    `Content-Length: ${body.length}`,
    '\r\n',
  ].join('\r\n');
  return await Promise.all(
    Array.from({ length: count }, async () => {
      const socket = connect(port, '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise((resolve) => socket.once('connect', resolve));
      await new Promise((resolve) => socket.write(Buffer.concat([Buffer.from(head), body]), resolve));
      return socket;
    }),
  );
}

/** A run of a scenario, stage by stage; while its server hangs, requests with secrets come. Returns its folder. */
export async function runWithSecrets(runs: string, scenario: string, secrets: Secrets): Promise<string> {
  const lab = async (...args: string[]) => {
    const { exitCode, stdout, stderr } = await startLab([...args, '--json'], { LAB_RUNS: runs }).ended;
    expect(exitCode, stderr).to.equal(0);
    return String(JSON.parse(stdout).dir);
  };
  const dir = await lab('provision', scenario, '--port', '0', '--pprof-port', '0');
  await lab('build', '--run', dir);
  await lab('start', '--run', dir);
  const run = await openRun(dir);
  const started = run.resultOf('start', startedServerSchema);
  const port = Number(new URL(started.url).port);
  let sockets: Socket[] = [];
  try {
    // Some are answered before it hangs, and their buffers used again.
    sockets = await send(port, secrets, 5);
    await lab('load', '--run', dir);
    sockets.push(...(await send(port, secrets, 20)));
    await poll(async () => (await isRead(port, sockets)) || undefined, {
      signal,
      deadlineMs: 10_000,
      everyMs: 50,
    });
    await lab('capture', '--run', dir);
  } finally {
    for (const socket of sockets) socket.destroy();
    if (existsSync(dir)) await startLab(['stop', '--run', dir], { LAB_RUNS: runs }).ended;
  }
  return dir;
}

/** Whether nothing that was sent still lies in the kernel: the server's ends of these connections are empty. */
async function isRead(port: number, sockets: readonly Socket[]): Promise<boolean> {
  const ours = new Set(sockets.map(({ localPort = 0 }) => hexPort(localPort)));
  const rows = (await readFile('/proc/net/tcp', 'utf8')).split('\n').slice(1);
  return rows.every((row) => {
    const [, local = '', remote = '', , queues = ''] = row.trim().split(/\s+/);
    const isTheirs = local.endsWith(`:${hexPort(port)}`) && ours.has(remote.split(':')[1] ?? '');
    return !isTheirs || queues.endsWith(':00000000');
  });
}

const hexPort = (port: number) => port.toString(16).toUpperCase().padStart(4, '0');
