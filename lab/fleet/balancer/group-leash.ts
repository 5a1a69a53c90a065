import { spawn } from 'node:child_process';

/**
 * Ends a whole process group with the lab, however the lab ends, or when this is disposed: a master's children outlive
 * their master. What does it waits for the end of a pipe from the lab.
 */
export function leashGroup(pid: number): AsyncDisposable {
  const guard = spawn('sh', ['-c', 'cat >/dev/null; kill -KILL -- "-$1" 2>/dev/null', 'sh', String(pid)], {
    detached: true,
    stdio: ['pipe', 'ignore', 'ignore'],
  });
  guard.stdin.on('error', () => {}); // it tells so by its end
  const gone = new Promise<void>((resolve) => {
    guard.once('exit', () => resolve());
    guard.once('error', () => resolve());
  });
  return {
    async [Symbol.asyncDispose]() {
      guard.stdin.end();
      await gone;
    },
  };
}
