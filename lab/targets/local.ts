import { spawn } from 'node:child_process';
import { constants } from 'node:fs';
import { copyFile, open, readFile, rename, rm, stat } from 'node:fs/promises';
import { interrupted, LabError } from '../errors.js';
import { cacheFolder } from '../paths.js';
import { copySparse } from '../sparse-file.js';
import { processHandle } from './process-handle.js';
import { identityOf, isSameProcess } from './process-identity.js';
import type {
  DownloadOptions,
  ExecOptions,
  ExecResult,
  ProcessExit,
  ProcessIdentity,
  StartOptions,
  Target,
  TargetProcess,
  Transfer,
} from './target.js';

const graceMs = 3_000;

/** This machine as a target. Needs no set-up and leaves nothing behind. */
export function localTarget(): Target {
  return {
    kind: 'local',
    name: 'localhost',
    workFolder: cacheFolder(),
    listenHost: '127.0.0.1',
    reach: async (port) => ({ host: '127.0.0.1', port }),
    mirror: async (folder) => folder,
    exec,
    start,
    attach,
    readFile: readSmallFile,
    upload: copy,
    download,
    async [Symbol.asyncDispose]() {},
  };
}

async function exec(argv: readonly string[], options: ExecOptions): Promise<ExecResult> {
  options.signal.throwIfAborted();
  const [program, ...args] = argv;
  if (program === undefined) throw new LabError('an empty command', { code: 'internal' });
  // Loaded with the first command: whoever finds everything in place has none to run.
  const { execa } = await import('execa');
  const result = await execa(program, args, {
    reject: false,
    cancelSignal: options.signal,
    forceKillAfterDelay: graceMs,
    stripFinalNewline: false,
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: { ...options.env } }),
    ...(options.input === undefined ? { stdin: 'ignore' as const } : { input: options.input }),
    ...(options.timeoutMs === undefined ? {} : { timeout: options.timeoutMs }),
  });
  if (result.isCanceled) throw interrupted(result);
  if (result.code === 'ENOENT' || result.code === 'EACCES') {
    throw new LabError(
      `cannot run ${program}: ${result.code === 'ENOENT' ? 'not found' : 'not executable'}`,
      {
        code: 'missing-tool',
        hint: 'run `npx lab doctor`: it names the command that installs what is missing',
        cause: result,
      },
    );
  }
  return {
    argv,
    exitCode: result.exitCode ?? null,
    signal: result.signal ?? null,
    timedOut: result.timedOut,
    stdout: result.stdout,
    stderr: result.stderr,
    durationMs: result.durationMs,
  };
}

async function start(argv: readonly string[], options: StartOptions): Promise<TargetProcess> {
  options.signal.throwIfAborted();
  const [program, ...args] = argv;
  if (program === undefined) throw new LabError('an empty command', { code: 'internal' });
  const log = await open(options.logFile, 'a', 0o600);
  try {
    // Not execa: it would pipe the output through this process, which the server has to outlive.
    const child = spawn(program, args, {
      detached: true,
      stdio: ['ignore', log.fd, log.fd],
      ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
      ...(options.env === undefined ? {} : { env: { ...process.env, ...options.env } }),
    });
    const failed = new Promise<Error>((resolve) => child.once('error', resolve));
    const exited = new Promise<ProcessExit>((resolve) => {
      child.once('exit', (exitCode, signal) =>
        resolve(signal === null ? { kind: 'exited', exitCode: exitCode ?? 0 } : { kind: 'killed', signal }),
      );
    });
    const { pid } = child;
    if (pid === undefined) {
      const cause = await failed;
      throw new LabError(`cannot start ${program}: ${cause.message}`, {
        code: 'target',
        hint: 'build it first: `npx lab build`',
        cause,
      });
    }
    child.unref();
    // A child that is gone already still has a zombie's stat until it is reaped, so this read cannot race.
    const identity = (await identityOf(pid)) ?? { pid, startTicks: 0 };
    return handle(identity, exited);
  } finally {
    await log.close();
  }
}

async function attach(identity: ProcessIdentity, signal: AbortSignal): Promise<TargetProcess | undefined> {
  signal.throwIfAborted();
  if (!(await isSameProcess(identity))) return undefined;
  const exited = (async (): Promise<ProcessExit> => {
    while (await isSameProcess(identity)) {
      await new Promise<void>((resolve) => setTimeout(resolve, 50).unref());
    }
    return { kind: 'gone' };
  })();
  return handle(identity, exited);
}

function handle(identity: ProcessIdentity, exited: Promise<ProcessExit>): TargetProcess {
  const send = async (name: NodeJS.Signals): Promise<void> => {
    if (!(await isSameProcess(identity))) return;
    try {
      process.kill(identity.pid, name);
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'ESRCH')) throw error;
    }
  };
  return processHandle({ identity, exited, send, graceMs });
}

async function readSmallFile(path: string, signal: AbortSignal): Promise<string | undefined> {
  try {
    return await readFile(path, { encoding: 'utf8', signal });
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ESRCH')) {
      return undefined;
    }
    throw error;
  }
}

async function copy(from: string, to: string, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  if (from !== to) await copyFile(from, to, constants.COPYFILE_FICLONE);
}

async function download(
  path: string,
  localPath: string,
  { signal, sha256, onProgress }: DownloadOptions,
): Promise<Transfer> {
  const part = `${localPath}.part`;
  await rm(part, { force: true });
  const { size } = await stat(path);
  const hash = await copySparse(path, part, signal);
  onProgress?.({ done: size, total: size });
  if (sha256 !== undefined && hash !== sha256.toLowerCase()) {
    await rm(part, { force: true });
    throw new LabError(`${path} is not the file that was asked for: its SHA-256 is ${hash}`, {
      code: 'target',
      hint: 'look whether something still writes to it, then run the same command again',
    });
  }
  await rename(part, localPath);
  return { transferredBytes: 0 };
}
