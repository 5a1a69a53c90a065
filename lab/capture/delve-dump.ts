import { dirname } from 'node:path';
import { explainDelveEnd } from '../delve/failures.js';
import { LabError } from '../errors.js';
import type { ExecResult } from '../targets/target.js';
import { findDelve } from '../toolchain/delve.js';
import type { CaptureMethod } from './method.js';
import { attachRefused, watchPause, yamaScope } from './ptrace.js';

/**
 * Delve's `dump`. It leaves out memory without permissions, which is most of what gcore writes of a Go
 * process: a tenth of the bytes and of the pause. A Delve that is killed half-way leaves its two breakpoints
 * at the runtime's panic functions behind; they matter only to a process that panics anyway.
 */
export const delveDump: CaptureMethod = {
  name: 'delve',
  title: 'Delve stops the process, writes its readable memory, and lets it go on',
  keepsProcess: true,
  writesInaccessible: false,
  async capture({ target, pid, file, goVersion }, signal) {
    const delve = await findDelve({ goVersion, install: false, target }, signal);
    if (delve === undefined) {
      throw new LabError(`no Delve that reads programs of ${goVersion} is installed on ${target.name}`, {
        code: 'missing-tool',
        hint: 'capture with gdb instead: `--capture gcore`',
      });
    }
    const folder = dirname(file);
    const argv = [delve.path, 'attach', String(pid), '--allow-non-terminal-interactive=true'];
    // Delve's telemetry would start a process that outlives it and writes into this folder.
    const telemetry = `${folder}/go/telemetry`;
    await target.exec(['mkdir', '-p', '--', telemetry], { signal });
    await target.exec(['tee', '--', `${telemetry}/mode`], { signal, input: 'off' });
    const watch = watchPause(target, pid);
    try {
      const result = await target.exec(argv, {
        signal,
        cwd: folder,
        // Nothing of the user's configuration, and nothing written into it.
        env: { HOME: folder, XDG_CONFIG_HOME: folder },
        // The last line answers "Would you like to kill the process?".
        input: `dump ${file.slice(folder.length + 1)}\nexit\nn\n`,
      });
      const failure = dumpFailure(result, pid, await yamaScope(target, signal));
      if (failure !== undefined) throw failure;
      return { pausedMs: watch.pausedMs() ?? result.durationMs, command: result };
    } finally {
      await watch.stop();
    }
  },
};

/** What Delve's output means; `undefined` when the core was written. */
export function dumpFailure(result: ExecResult, pid: number, yama: number | undefined): LabError | undefined {
  const said = `${result.stdout}\n${result.stderr}`;
  const details = { argv: result.argv, exitCode: result.exitCode, output: said.slice(-4000) };
  if (/no space left on device|file too large|disk quota exceeded/i.test(said)) {
    return new LabError('the disk filled up while the core was written', {
      code: 'no-space',
      hint: 'free some space and capture again',
      details,
    });
  }
  if (/no such process/i.test(said)) {
    return new LabError(`process ${pid} is gone`, {
      code: 'target',
      hint: 'start the server again: `npx lab start`',
      details,
    });
  }
  if (/operation not permitted|does not own the process|permission denied/i.test(said)) {
    return attachRefused(pid, yama, details);
  }
  if (result.signal !== null || result.exitCode === null) {
    return new LabError(`Delve was ended by ${result.signal ?? 'a signal'} while it wrote the core`, {
      code: 'undecided',
      hint: 'run the same command again',
      details,
    });
  }
  const [, done, total] = [...said.matchAll(/Dumping memory (\d+) \/ (\d+)/g)].at(-1) ?? [];
  if (done !== undefined && done !== '0' && done === total && !said.includes('error dumping'))
    return undefined;
  return explainDelveEnd({ exitCode: result.exitCode, signal: null, output: said });
}
