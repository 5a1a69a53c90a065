import { LabError } from '../errors.js';
import { parseProcStat } from '../targets/process-identity.js';
import type { Target } from '../targets/target.js';

/** `kernel.yama.ptrace_scope` of the target (ptrace(2)); `undefined` without Yama. */
export async function yamaScope(target: Target, signal: AbortSignal): Promise<number | undefined> {
  const text = await target.readFile('/proc/sys/kernel/yama/ptrace_scope', signal);
  return text === undefined ? undefined : Number(text);
}

/** The kernel refused to let a debugger attach: why, and the one command that mends it. */
export function attachRefused(pid: number, yama: number | undefined, details: LabError['details']): LabError {
  const [message, hint] =
    yama === undefined || yama === 0
      ? [
          `no debugger may attach to process ${pid}: another user's process, or ptrace is forbidden here`,
          'run the same command with sudo (in a container: start it with --cap-add=SYS_PTRACE)',
        ]
      : [
          `the kernel lets no debugger attach to process ${pid} (kernel.yama.ptrace_scope is ${yama})`,
          yama === 3
            ? 'set kernel.yama.ptrace_scope to 0 in /etc/sysctl.conf and reboot: 3 cannot be changed before'
            : 'sudo sysctl kernel.yama.ptrace_scope=0',
        ];
  return new LabError(message, { code: 'missing-permission', hint, details });
}

/** Times how long the process is seen in the state "tracing stop" (`t` in proc(5)), in milliseconds. */
export function watchPause(
  target: Target,
  pid: number,
): { pausedMs(): number | undefined; stop(): Promise<void> } {
  const ended = new AbortController();
  let from: number | undefined;
  let to: number | undefined;
  const watching = (async () => {
    while (!ended.signal.aborted) {
      const stat = await target.readFile(`/proc/${pid}/stat`, ended.signal);
      const now = performance.now();
      if (stat === undefined) return;
      if (parseProcStat(stat)?.state === 't') {
        from ??= now;
        to = now;
      }
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  })().catch(() => undefined);
  return {
    pausedMs: () => (from === undefined || to === undefined ? undefined : Math.round(to - from)),
    stop: () => {
      ended.abort();
      return watching;
    },
  };
}
