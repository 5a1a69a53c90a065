import { LabError } from '../errors.js';
import type { ExecResult, Target } from '../targets/target.js';
import type { CaptureMethod } from './method.js';
import { attachRefused, watchPause, yamaScope } from './ptrace.js';

/**
 * gdb's `gcore`. The script of that name is a wrapper around these very arguments; gdb is run without it,
 * because a killed wrapper leaves its gdb behind, still writing and still holding the process.
 */
export const gcore: CaptureMethod = {
  name: 'gcore',
  title: 'gdb stops the process, writes all of its memory, and lets it go on',
  keepsProcess: true,
  writesInaccessible: true,
  async capture({ target, pid, file }, signal) {
    const argv = [
      ...['gdb', '--nx', '--batch', '--readnever', '-iex', 'set debuginfod enabled off'],
      ...['-iex', 'set auto-load off', '-ex', 'set pagination off'],
      ...['-ex', `attach ${pid}`, '-ex', `gcore ${file}`, '-ex', 'detach'],
    ];
    const watch = watchPause(target, pid);
    try {
      const result = await run(target, argv, signal);
      const failure = gcoreFailure(result, pid, await yamaScope(target, signal));
      if (failure !== undefined) throw failure;
      return { pausedMs: watch.pausedMs() ?? result.durationMs, command: result };
    } finally {
      await watch.stop();
    }
  },
};

async function run(target: Target, argv: readonly string[], signal: AbortSignal): Promise<ExecResult> {
  try {
    return await target.exec(argv, { signal });
  } catch (error) {
    if (!(error instanceof LabError) || error.code !== 'missing-tool') throw error;
    throw new LabError('gdb, which writes the core, is not installed', {
      code: 'missing-tool',
      hint: 'sudo apt-get install gdb',
      cause: error,
    });
  }
}

/**
 * What gdb's output means; `undefined` when the core was written. Its exit code alone says nothing: with a
 * full disk gdb 13 prints `Saved corefile` and exits with 0.
 */
export function gcoreFailure(
  result: ExecResult,
  pid: number,
  yama: number | undefined,
): LabError | undefined {
  const said = `${result.stdout}\n${result.stderr}`;
  const details = { argv: result.argv, exitCode: result.exitCode, output: said.slice(-4000) };
  const fail = (code: LabError['code'], message: string, hint: string): LabError =>
    new LabError(message, { code, hint, details });

  if (/No space left on device|File too large|Disk quota exceeded/.test(said)) {
    return fail(
      'no-space',
      'the disk filled up while the core was written',
      'free some space and capture again',
    );
  }
  const tracer = /is already traced by process (\d+)/.exec(said)?.[1];
  if (tracer !== undefined) {
    return fail(
      'missing-permission',
      `process ${pid} is held by another debugger, process ${tracer}`,
      `end that debugger: \`kill ${tracer}\``,
    );
  }
  if (/Operation not permitted|ptrace: Permission denied|Could not attach to process/.test(said)) {
    return attachRefused(pid, yama, details);
  }
  if (/No such process|does not exist/.test(said)) {
    return fail('target', `process ${pid} is gone`, 'find the pid of one that runs: pgrep -l NAME');
  }
  if (result.signal !== null || result.exitCode === null) {
    return fail(
      'undecided',
      `gdb was ended by ${result.signal ?? 'a signal'} while it wrote the core`,
      'run the same command again',
    );
  }
  if (result.exitCode !== 0 || !/^Saved corefile /m.test(said)) {
    return fail(
      'undecided',
      `gdb wrote no core (exit code ${result.exitCode}): ${lastLine(said)}`,
      `try it by hand: \`gcore -o core ${pid}\``,
    );
  }
  return undefined;
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.slice(0, 300) ?? '';
}
