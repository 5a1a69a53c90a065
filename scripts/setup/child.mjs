import { spawn } from 'node:child_process';
import { constants } from 'node:os';
import { createInterface } from 'node:readline';
import { signalGroup } from './steps.mjs';

const handedOn = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'];
/** A Ctrl-C under npm arrives twice, from the terminal and from npm. */
const echoMs = 500;

/**
 * Runs a command in a process group of its own, hands each signal on once, and returns its exit code (128 +
 * N when a signal ended it). With `onLine` its stdout is read line by line instead of shown.
 */
export async function runChild(argv, { cwd, env = {}, onLine } = {}) {
  const [program, ...args] = argv;
  const child = spawn(program, args, {
    cwd,
    detached: true,
    stdio: ['ignore', onLine === undefined ? 'inherit' : 'pipe', 'inherit'],
    env: { ...process.env, ...env },
  });
  const lines =
    onLine === undefined
      ? undefined
      : (async () => {
          for await (const line of createInterface({ input: child.stdout })) onLine(line);
        })();
  const seen = new Map();
  const handOn = (name) => {
    const now = performance.now();
    if (now - (seen.get(name) ?? Number.NEGATIVE_INFINITY) > echoMs) signalGroup(child, name);
    seen.set(name, now);
  };
  for (const name of handedOn) process.on(name, handOn);
  try {
    const [code, name] = await new Promise((resolve, reject) => {
      child.once('error', reject);
      child.once('close', (status, ending) => resolve([status, ending]));
    });
    await lines;
    // A program that was told to stop and left in its own way was still interrupted.
    if (seen.has('SIGINT')) return 130;
    return name === null ? code : 128 + constants.signals[name];
  } finally {
    for (const signal of handedOn) process.removeListener(signal, handOn);
  }
}
