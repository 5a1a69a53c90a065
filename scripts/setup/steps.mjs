import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { shareLock } from './lock.mjs';

/** Something that keeps the set-up from finishing. Printed as message, tail of the log, and what to do. */
export class SetupError extends Error {
  /**
   * @param {string} message
   * @param {{ exitCode: number, hint: string, tail?: string }} more
   */
  constructor(message, { exitCode, hint, tail = '' }) {
    super(message);
    this.name = 'SetupError';
    this.exitCode = exitCode;
    this.hint = hint;
    this.tail = tail;
  }
}

export const logFile = (root) => join(root, '.cache', 'setup.log');

/** Appends to the set-up's log. */
export function log(root, text) {
  mkdirSync(dirname(logFile(root)), { recursive: true });
  appendFileSync(logFile(root), text.endsWith('\n') ? text : `${text}\n`);
}

/** Runs one step of the set-up and says so on one line of stderr, with the seconds that it took. */
export async function step(text, work) {
  const begin = performance.now();
  process.stderr.write(`${text} ... `);
  try {
    const result = await work();
    process.stderr.write(`${Math.max(1, Math.round((performance.now() - begin) / 1000))} s\n`);
    return result;
  } catch (error) {
    process.stderr.write('failed\n');
    throw error;
  }
}

/**
 * Runs a command to its end, its output appended to the log. Throws a SetupError with the tail of that
 * output when it fails; ends it and throws the signal's reason when the signal aborts.
 */
export async function runLogged(root, argv, { signal, exitCode, hint, env = {} }) {
  log(root, `$ ${argv.join(' ')}`);
  const file = openSync(logFile(root), 'a');
  const from = statSync(logFile(root)).size;
  const [program, ...args] = argv;
  let child;
  try {
    child = spawn(program, args, {
      cwd: root,
      detached: true, // a group of its own, so that ending it ends what it started too
      stdio: ['ignore', file, file],
      env: { ...process.env, ...env },
    });
  } finally {
    closeSync(file);
  }
  shareLock(child.pid);
  const end = () => signalGroup(child, 'SIGTERM');
  signal.addEventListener('abort', end, { once: true });
  const code = await new Promise((resolve) => {
    child.once('error', (error) => resolve(error.message));
    child.once('close', (status, name) => resolve(name ?? status));
  });
  signal.removeEventListener('abort', end);
  signal.throwIfAborted();
  if (code === 0) return;
  const tail = readFileSync(logFile(root))
    .subarray(from)
    .toString('utf8')
    .trim()
    .split('\n')
    .slice(-20)
    .join('\n');
  throw new SetupError(`${argv.join(' ')} failed (${code})`, { exitCode, hint, tail });
}

/** Sends a signal to a detached child and all that it started, as a terminal would. */
export function signalGroup(child, name) {
  try {
    if (child.pid !== undefined) process.kill(-child.pid, name);
  } catch (error) {
    if (error.code !== 'ESRCH') throw error;
  }
}
