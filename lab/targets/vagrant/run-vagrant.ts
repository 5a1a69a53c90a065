import { createWriteStream } from 'node:fs';
import { constants } from 'node:os';
import { execa } from 'execa';
import { pause, withDeadline } from '../../deadline.js';
import { interrupted, LabError } from '../../errors.js';
import { recordParser, type VagrantRecord } from './machine-readable.js';
import { treeBelow, vagrantItself } from './process-tree.js';

export interface VagrantRun {
  /** Program and what stands before Vagrant's own arguments, for example `['vagrant']`. */
  readonly command: readonly string[];
  readonly args: readonly string[];
  /** Folder of the Vagrantfile. */
  readonly folder: string;
  readonly env: Readonly<Record<string, string>>;
  /** Everything that Vagrant writes is appended to it. */
  readonly logFile?: string | undefined;
  readonly deadlineMs: number;
  readonly patience: Patience;
  readonly signal: AbortSignal;
  readonly onRecord?: ((record: VagrantRecord) => void) | undefined;
}

/** Milliseconds that Vagrant has to put things away after each signal. */
export interface Patience {
  readonly afterInterruptMs: number;
  readonly afterTermMs: number;
}

export interface VagrantEnd {
  readonly exitCode: number | null;
  readonly signal: string | null;
  /** The deadline came first. */
  readonly late: boolean;
  readonly records: readonly VagrantRecord[];
  readonly stderr: string;
}

const keptText = 64 * 1024;
const keptRecords = 20_000;
/** A daemon that inherited the pipes may hold them open for ever. */
const drainMs = 1_000;

/**
 * Runs Vagrant to its end. When the signal aborts or the deadline passes, Vagrant itself gets one SIGINT (at a second one
 * it leaves at once, without putting anything away), then SIGTERM, then it and all below it KILL; this returns or throws
 * when all of them are gone.
 *
 * Throws `interrupted` when the signal aborted, `missing-tool` when there is no such program.
 */
export async function runVagrant(run: VagrantRun): Promise<VagrantEnd> {
  run.signal.throwIfAborted();
  const [program = 'vagrant', ...before] = run.command;
  const child = execa(program, [...before, ...run.args], {
    // A session of its own: a Ctrl-C at the terminal would reach Vagrant beside the one SIGINT from here.
    detached: true,
    reject: false,
    buffer: false,
    stdin: 'ignore',
    cwd: run.folder,
    env: { ...run.env },
  });
  const ended = child.then((result) => result);
  const { pid } = child;
  if (pid === undefined) throw cannotRun(program, run.folder, await ended);
  const output = collect(run, child);
  const exited = new Promise<{ exitCode: number | null; signal: string | null }>((resolve) => {
    child.once('exit', (exitCode, signal) => resolve({ exitCode, signal }));
  });
  const deadline = withDeadline(run.signal, run.deadlineMs);
  const gone = new AbortController();
  const cut = new Promise<'cut'>((resolve) => {
    deadline.addEventListener('abort', () => resolve('cut'), { once: true, signal: gone.signal });
    if (deadline.aborted) resolve('cut');
  });
  try {
    const wasCut = (await Promise.race([exited, cut])) === 'cut';
    if (wasCut) await endVagrant(pid, exited, run.patience);
    const end = await exited;
    await within(drainMs, output.drained);
    child.stdout.destroy();
    child.stderr.destroy();
    if (run.signal.aborted && wasCut) throw interrupted(run.signal.reason);
    return { ...end, late: wasCut, ...output.read() };
  } finally {
    gone.abort();
    output.close();
  }
}

interface Streams {
  readonly stdout: NodeJS.ReadableStream;
  readonly stderr: NodeJS.ReadableStream;
}

function collect(run: VagrantRun, { stdout, stderr }: Streams) {
  const log =
    run.logFile === undefined ? undefined : createWriteStream(run.logFile, { flags: 'a', mode: 0o600 });
  // A log that cannot be written must not take the machine down.
  log?.on('error', () => undefined);
  log?.write(`$ ${[...run.command, ...run.args].join(' ')}\n`);
  const parser = recordParser();
  const records: VagrantRecord[] = [];
  const errors = new TextDecoder();
  let errorText = '';
  const accept = (some: readonly VagrantRecord[]): void => {
    for (const record of some) {
      records.push(record);
      if (records.length > keptRecords) records.splice(0, records.length - keptRecords / 2);
      run.onRecord?.(record);
    }
  };
  stdout.on('data', (chunk: Buffer) => {
    log?.write(chunk);
    accept(parser.write(chunk));
  });
  stderr.on('data', (chunk: Buffer) => {
    log?.write(chunk);
    errorText = (errorText + errors.decode(chunk, { stream: true })).slice(-keptText);
  });
  const drained = Promise.all(
    [stdout, stderr].map((stream) => new Promise((done) => stream.once('close', done))),
  );
  return {
    drained,
    read() {
      accept(parser.end());
      return { records, stderr: errorText };
    },
    close: () => log?.end(),
  };
}

async function endVagrant(pid: number, exited: Promise<unknown>, patience: Patience): Promise<void> {
  const itself = await vagrantItself(pid);
  send(itself, 'SIGINT');
  let left = await within(patience.afterInterruptMs, exited);
  if (!left) {
    send(itself, 'SIGTERM');
    left = await within(patience.afterTermMs, exited);
  }
  if (!left) {
    for (const each of await treeBelow(pid)) send(each.pid, 'SIGKILL');
  }
  await exited;
  // What Vagrant had started in its group (curl, rsync, ssh) and did not wait for; a hypervisor leaves that group itself.
  send(-pid, 'SIGKILL');
}

function send(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, constants.signals[name]);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
  }
}

async function within(ms: number, work: Promise<unknown>): Promise<boolean> {
  const done = new AbortController();
  const late = pause(ms, done.signal).then(
    () => false,
    () => false,
  );
  const first = await Promise.race([work.then(() => true), late]);
  done.abort();
  return first;
}

function cannotRun(program: string, folder: string, cause: { readonly code?: string | undefined }): LabError {
  const why = cause.code === 'ENOENT' ? 'not found' : (cause.code ?? 'it does not start');
  return new LabError(`cannot run ${program} in ${folder}: ${why}`, {
    code: 'missing-tool',
    hint:
      process.platform === 'linux'
        ? 'install it: `sudo apt-get install vagrant`'
        : 'install it from https://developer.hashicorp.com/vagrant/install',
    cause,
    details: { failure: 'vagrant-missing' },
  });
}
