import { join } from 'node:path';
import { poll } from '../deadline.js';
import { isSameProcess } from '../targets/process-identity.js';
import type { ProcessIdentity } from '../targets/target.js';
import type { Command } from './lesson.js';
import type { Place } from './place.js';

const commandMs = 180_000;
const graceMs = 3_000;

/**
 * Does what a participant would have typed. These lines are written for a person's shell, with pipes and
 * redirections, and are a lesson's own text: bash gets them as they are. Their exit codes say little (curl's is 28
 * when a lesson succeeds); the step's check decides. Returns the leaders of the process groups that go on.
 */
export async function typeCommands(
  commands: readonly Command[],
  { folder, vault, target, signal }: Place,
): Promise<ProcessIdentity[]> {
  const started: ProcessIdentity[] = [];
  for (const { run, background } of commands) {
    const argv = ['bash', '-c', `. ./env.sh\n${run}\n`];
    if (background) {
      const process = await target.start(argv, {
        signal,
        cwd: folder,
        logFile: join(vault, 'background.log'),
      });
      started.push(process.identity);
    } else {
      await target.exec(argv, { signal, cwd: folder, timeoutMs: commandMs });
    }
  }
  return started;
}

/** Ends a process group whose leader the lab started: TERM, wait, KILL. */
export async function endGroup(leader: ProcessIdentity): Promise<void> {
  // Another process may have got that number since.
  if (!(await isSameProcess(leader))) return;
  signalGroup(leader.pid, 'SIGTERM');
  const { signal } = new AbortController();
  await poll(() => (groupLives(leader.pid) ? undefined : true), { signal, deadlineMs: graceMs, everyMs: 50 });
  signalGroup(leader.pid, 'SIGKILL');
}

function groupLives(pid: number): boolean {
  return signalGroup(pid, 0);
}

function signalGroup(pid: number, name: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-pid, name);
  } catch {
    return false; // it is gone
  }
}
