import { type ChildProcess, spawn } from 'node:child_process';
import type { MemoryLimits } from './helper-memory.js';

const graceMs = 300;

/** Limits its own memory, so that the helper fails and not a neighbour of it; then becomes the helper. */
const bounded = 'ulimit -S -d "$1" 2>/dev/null; exec "$2"';

/** The helper, with pipes. */
export function launch(path: string, { soft, hard }: MemoryLimits): ChildProcess {
  return spawn('/bin/sh', ['-c', bounded, 'sh', String(Math.floor(hard / 1024)), path], {
    // A session of its own: a Ctrl-C at the terminal reaches it through the abort signal only.
    detached: true,
    stdio: ['pipe', 'pipe', 'pipe'],
    env: environment(soft),
  });
}

/** What a user has set to change how their own Go programs are built or run. */
const unwanted = new Set(['GODEBUG', 'GOGC', 'GOFLAGS', 'GOOS', 'GOARCH', 'CGO_ENABLED', 'GOEXPERIMENT']);

/** Of this process, which says where modules and Go's library lie. */
function environment(soft: number): NodeJS.ProcessEnv {
  const kept = Object.entries(process.env).filter(([name]) => !unwanted.has(name));
  return {
    ...Object.fromEntries(kept),
    LC_ALL: 'C',
    GOMEMLIMIT: String(Math.floor(soft)),
    // One goroutine says what broke; those of all would be thousands of lines.
    GOTRACEBACK: 'single',
  };
}

/** Resolves when it is gone, or never came to be. */
export function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    child.once('error', () => {
      if (child.pid === undefined) resolve();
    });
    child.once('exit', () => resolve());
  });
}

/** TERM, wait, KILL, wait. */
export async function endProcess(child: ChildProcess, exited: Promise<void>): Promise<void> {
  if (child.pid === undefined) return;
  child.stdin?.destroy();
  for (const name of ['SIGTERM', 'SIGKILL'] as const) {
    if (child.exitCode !== null || child.signalCode !== null) break;
    child.kill(name);
    if (await Promise.race([exited.then(() => true), after(graceMs)])) break;
  }
  child.stdout?.destroy();
  child.stderr?.destroy();
}

function after(ms: number): Promise<false> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(false), ms).unref();
  });
}
