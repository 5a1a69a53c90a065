import { LabError } from '../errors.js';
import type { Target } from '../targets/target.js';

const findIt = 'find the pid of a Go process: pgrep -l NAME';
/** PF_KTHREAD of the kernel's include/linux/sched.h, in the flags of proc(5). */
const kernelThread = 0x0020_0000;

/** Throws what keeps a process from being captured at all: `target` when it is gone, `usage` when it has no program. */
export async function requireProcess(target: Target, pid: number, signal: AbortSignal): Promise<void> {
  const stat = await target.readFile(`/proc/${pid}/stat`, signal);
  if (stat === undefined) {
    throw new LabError(`there is no process ${pid}`, { code: 'target', hint: findIt });
  }
  const [, name = ''] = /\((.*)\)/s.exec(stat) ?? [];
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const flags = Number(fields[6]);
  if ((flags & kernelThread) !== 0) {
    throw new LabError(`${pid} is ${name}, a thread of the kernel, not a Go process`, {
      code: 'usage',
      hint: findIt,
    });
  }
  if (fields[0] === 'Z' || fields[0] === 'X') {
    throw new LabError(`process ${pid} (${name}) has ended and only waits for its parent to notice`, {
      code: 'target',
      hint: findIt,
    });
  }
}

/** Why a program that is not Go is not captured, with the Go library that it has loaded, if it has one. */
export async function notGo(target: Target, pid: number, signal: AbortSignal): Promise<LabError> {
  const library = await goLibrary(target, pid, signal).catch(() => undefined);
  if (library === undefined) {
    return new LabError(`process ${pid} runs no Go program`, { code: 'usage', hint: findIt });
  }
  return new LabError(
    `process ${pid} is no Go program but has loaded a Go library, ${library}; only programs of Go are analysed`,
    { code: 'usage', hint: `look at its threads: gdb -p ${pid} -batch -ex 'thread apply all bt'` },
  );
}

/** The magic that Go's linker puts before a build's information (package debug/buildinfo). */
const buildInfoMagic = '\\xff Go buildinf:';

async function goLibrary(target: Target, pid: number, signal: AbortSignal): Promise<string | undefined> {
  const maps = (await target.readFile(`/proc/${pid}/maps`, signal)) ?? '';
  const files = new Set(maps.match(/\/.*$/gm) ?? []);
  const libraries = [...files].filter((file) => /\.so(?:\.[\d.]+)?$/.test(file));
  if (libraries.length === 0) return undefined;
  const argv = [
    'grep',
    '--text',
    '--perl-regexp',
    '--files-with-matches',
    '--',
    buildInfoMagic,
    ...libraries,
  ];
  const { stdout } = await target.exec(['env', 'LC_ALL=C', ...argv], { signal });
  return stdout.split('\n')[0] || undefined;
}

/** The memory of a process may not be read: whose it is, and whether more rights would help. */
export async function foreign(
  target: Target,
  pid: number,
  cause: unknown,
  signal: AbortSignal,
): Promise<LabError> {
  const { stdout } = await target.exec(['id', '-u'], { signal });
  const [message, hint] =
    stdout.trim() === '0'
      ? [
          `process ${pid} may not be read, even by root: it has more rights than this shell, or lives outside of this container`,
          'run the same command on the host itself, or in a container with --cap-add=SYS_PTRACE',
        ]
      : [
          `process ${pid} belongs to another user: its memory may not be read`,
          `run the same command with sudo, or as the user of process ${pid}`,
        ];
  return new LabError(message, { code: 'missing-permission', hint, cause });
}
