import { type ChildProcess, spawn } from 'node:child_process';
import { createWriteStream, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { withDeadline } from '../deadline.js';
import { interrupted, LabError, messageOf } from '../errors.js';
import { type DelveClient, delveClient } from './client.js';
import { type DelveEnd, explainDelveEnd, howItEnded } from './failures.js';
import { connectRpc, type Ended, type RpcConnection } from './rpc.js';
import type { DelveVersion } from './wire.js';

export interface DelveCoreOptions {
  /** Path of the dlv program. */
  readonly dlv: string;
  readonly exe: string;
  readonly core: string;
  /** What Delve writes to stdout and stderr, appended. */
  readonly logFile?: string;
  /** Milliseconds until Delve must have opened the core. */
  readonly startTimeoutMs: number;
}

/** A running Delve with one client. Disposing it ends the process: TERM, wait, KILL, wait. */
export interface DelveSession extends AsyncDisposable {
  readonly client: DelveClient;
  readonly version: DelveVersion;
  /** `undefined` when it runs on another machine. */
  readonly pid: number | undefined;
  /** The command as a person would type it. */
  readonly argv: readonly string[];
  /** Resolves when the process has ended. */
  readonly exited: Promise<DelveEnd>;
}

/** A Delve of this machine. */
export interface LocalDelveSession extends DelveSession {
  readonly pid: number;
}

/** Opens a core in a Delve, wherever that runs; throws as {@link launchDelveCore} does. */
export type LaunchDelve = (
  files: Pick<DelveCoreOptions, 'exe' | 'core' | 'startTimeoutMs'>,
  signal: AbortSignal,
) => Promise<DelveSession>;

/** Of a core nothing has to be put away. */
const graceMs = 300;
const keptOutput = 16 * 1024;

/**
 * Opens a core in a headless Delve on a free port of the loopback interface and waits until it answers.
 * Delve announces its port before it reads the core, so the first answered call is what counts.
 *
 * The process is there as soon as this is called: whoever has other things to do before the core is open can
 * do them meanwhile. Its environment holds nothing of the user's Delve configuration: a foreign `debug-info-directories` would
 * change what the analysis sees. Delve exits by itself when its only client goes, so that not even a killed
 * lab leaves one behind.
 *
 * Throws `usage`, `missing-tool` or `undecided` with Delve's reason in plain words.
 */
export async function launchDelveCore(
  options: DelveCoreOptions,
  signal: AbortSignal,
): Promise<LocalDelveSession> {
  signal.throwIfAborted();
  const home = privateHome();
  const [program, ...args] = headlessDelve(options);
  const child = spawn(program, args, {
    // A session of its own: a Ctrl-C at the terminal reaches Delve through the abort signal only.
    detached: true,
    stdio: ['ignore', 'pipe', 'pipe'],
    // An empty PATH: Delve would run `go`, and fetch debug info from the network.
    env: { PATH: home, HOME: home, XDG_CONFIG_HOME: home, LC_ALL: 'C' },
  });
  const output = watchOutput(child, options.logFile);
  // Until it has a client it would wait for one forever.
  const leave = (): void => {
    child.kill('SIGKILL');
    rmSync(home, { recursive: true, force: true });
  };
  process.once('exit', leave);
  child.once('close', () => process.removeListener('exit', leave));
  const exited = new Promise<DelveEnd>((resolve) => {
    child.once('error', (error) => resolve({ exitCode: null, signal: null, output: messageOf(error) }));
    child.once('close', (exitCode, name) => resolve({ exitCode, signal: name, output: output.text() }));
  });
  let rpc: RpcConnection | undefined;
  const end = async (): Promise<void> => {
    try {
      await rpc?.[Symbol.asyncDispose]();
      await endProcess(child, exited);
    } finally {
      await rm(home, { recursive: true, force: true });
    }
  };
  const endedWithin = (ms: number): Promise<DelveEnd | undefined> => Promise.race([exited, after(ms)]);

  const deadline = withDeadline(signal, options.startTimeoutMs);
  try {
    const { pid } = child;
    if (pid === undefined) throw cannotStart(options.dlv, await exited);
    const port = await Promise.race([output.port, exited, aborted(deadline)]);
    if (typeof port !== 'number') throw explainDelveEnd(port);
    const whyEnded = async (): Promise<Ended | undefined> => {
      const seen = await endedWithin(250);
      return seen === undefined ? undefined : { why: howItEnded(seen), signal: seen.signal };
    };
    const turnedAway = async (): Promise<boolean> =>
      (await endedWithin(50)) === undefined &&
      /cannot check remote address|different user/.test(output.text());
    const first = await firstAnswer({ host: '127.0.0.1', port, whyEnded, turnedAway }, deadline);
    rpc = first.rpc;
    const { client, version } = first;
    // Delve has read its configuration; what is gone already cannot be left behind.
    await rm(home, { recursive: true, force: true });
    return { client, version, pid, argv: [program, ...args], exited, [Symbol.asyncDispose]: end };
  } catch (error) {
    // The broken connection is often seen before the exit that explains it.
    const seen = deadline.aborted ? undefined : await endedWithin(500);
    await end();
    if (signal.aborted) throw interrupted(error);
    if (deadline.aborted) throw tooSlow(options, error);
    if (seen !== undefined && child.pid !== undefined) throw explainDelveEnd(seen);
    throw error;
  }
}

/** A headless Delve on a free port of the loopback interface, as a person types it. */
export function headlessDelve({
  dlv,
  exe,
  core,
}: Pick<DelveCoreOptions, 'dlv' | 'exe' | 'core'>): [string, ...string[]] {
  return [dlv, 'core', exe, core, '--headless', '--listen=127.0.0.1:0', '--api-version=2'];
}

/** The port that a headless Delve announces; `undefined` until it has. */
export function portIn(output: string): number | undefined {
  const found = /API server listening at: 127\.0\.0\.1:(\d+)\n/.exec(output)?.[1];
  return found === undefined ? undefined : Number(found);
}

interface Address {
  readonly host: string;
  readonly port: number;
  readonly whyEnded: () => Promise<Ended | undefined>;
  readonly turnedAway: () => Promise<boolean>;
}

/**
 * Connects until Delve answers. It looks up the user of each connection in /proc/net/tcp, which it does not
 * read in one piece: on a machine with thousands of connections it misses its own client now and then, closes
 * it, and listens on.
 */
export async function firstAnswer(
  { host, port, whyEnded, turnedAway }: Address,
  deadline: AbortSignal,
): Promise<{ readonly rpc: RpcConnection; readonly client: DelveClient; readonly version: DelveVersion }> {
  for (;;) {
    let rpc: RpcConnection | undefined;
    try {
      // The reset may come before this side knows that it is connected.
      rpc = await connectRpc({ host, port }, { signal: deadline, whyEnded });
      const client = delveClient(rpc);
      // The deadline is the one limit here.
      const version = await client.getVersion({ signal: deadline, timeoutMs: 2 ** 31 - 1 });
      return { rpc, client, version };
    } catch (error) {
      await rpc?.[Symbol.asyncDispose]();
      if (deadline.aborted || !(await turnedAway())) throw error;
    }
  }
}

/**
 * A home for Delve that holds one setting: no telemetry. Delve's (golang.org/x/telemetry) starts a process of
 * its own that outlives the session.
 */
function privateHome(): string {
  const home = mkdtempSync(join(tmpdir(), 'lab-delve-'));
  mkdirSync(join(home, 'go', 'telemetry'), { recursive: true });
  writeFileSync(join(home, 'go', 'telemetry', 'mode'), 'off');
  return home;
}

async function endProcess(child: ChildProcess, exited: Promise<DelveEnd>): Promise<void> {
  if (child.pid === undefined) return;
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    child.kill(name);
    if ((await Promise.race([exited, after(graceMs)])) !== undefined) return;
  }
  await Promise.race([exited, after(graceMs)]);
}

/** Collects what Delve writes, bounded, and finds the port that it announces. */
function watchOutput(
  child: ChildProcess,
  logFile: string | undefined,
): { readonly port: Promise<number>; text(): string } {
  const log = logFile === undefined ? undefined : createWriteStream(logFile, { flags: 'a', mode: 0o600 });
  // A log that cannot be written must not take the analysis down.
  log?.on('error', () => undefined);
  child.once('close', () => log?.end());
  let text = '';
  const port = new Promise<number>((resolve) => {
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (chunk: string) => {
        log?.write(chunk);
        text = (text + chunk).slice(-keptOutput);
        const found = portIn(text);
        if (found !== undefined) resolve(found);
      });
    }
  });
  return { port, text: () => text };
}

function cannotStart(dlv: string, { output }: DelveEnd): LabError {
  return new LabError(`cannot run ${dlv}: ${output}`, {
    code: 'missing-tool',
    hint: 'run `npx lab doctor`: it names the command that installs Delve',
  });
}

function tooSlow({ startTimeoutMs, core }: DelveCoreOptions, cause: unknown): LabError {
  return new LabError(`Delve had not opened ${core} after ${startTimeoutMs / 1000} s`, {
    code: 'undecided',
    hint: 'look whether the machine is busy or short of memory, then run `npx lab analyze` again',
    cause,
  });
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    const fail = (): void => reject(signal.reason);
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

function after(ms: number): Promise<undefined> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(undefined), ms).unref();
  });
}
