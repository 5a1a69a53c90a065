import { spawn } from 'node:child_process';
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, readSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
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

/** Columns of a terminal line that a step may take. */
const width = 80;

/**
 * Runs one step of the set-up and says so on one line of stderr, with the seconds that it took. While it lasts, the line
 * of a terminal tells every second how long already and what was last said in the log; elsewhere the seconds are added
 * to it, ten by ten.
 */
export async function step(text, work, { root, out = process.stderr, everyMs = 1_000 } = {}) {
  const begin = performance.now();
  const seconds = () => Math.max(1, Math.round((performance.now() - begin) / 1_000));
  const from = root === undefined ? 0 : sizeOf(logFile(root));
  out.write(`${text} ... `);
  let beats = 0;
  const timer = setInterval(() => {
    beats += 1;
    if (out.isTTY) {
      const said = root === undefined ? '' : lastLine(logFile(root), from);
      out.write(
        `\r\x1b[K${`${text} ... ${seconds()} s  ${said}`.slice(0, Math.min(width, out.columns ?? width) - 1)}`,
      );
    } else if (beats % 10 === 0) out.write(`${seconds()} s ... `);
  }, everyMs);
  const end = (how) => {
    clearInterval(timer);
    out.write(out.isTTY && beats > 0 ? `\r\x1b[K${text} ... ${how}\n` : `${how}\n`);
  };
  try {
    const result = await work();
    end(`${seconds()} s`);
    return result;
  } catch (error) {
    end('failed');
    throw error;
  }
}

function sizeOf(file) {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** The last line that was written to a file behind a place, without what would do something in a terminal. */
function lastLine(file, from) {
  const size = sizeOf(file);
  const length = Math.min(size - from, 4096);
  if (length <= 0) return '';
  const bytes = Buffer.alloc(length);
  const descriptor = openSync(file, 'r');
  try {
    readSync(descriptor, bytes, 0, length, size - length);
  } finally {
    closeSync(descriptor);
  }
  const lines = stripVTControlCharacters(bytes.toString('utf8')).split(/[\r\n]+/);
  return (lines.filter((line) => line.trim() !== '').at(-1) ?? '').replace(/\p{Cc}/gu, ' ').trim();
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
