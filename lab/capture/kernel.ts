import { pause } from '../deadline.js';
import { LabError, messageOf } from '../errors.js';
import { quoteWord } from '../quote-word.js';
import { wasLost } from '../targets/again.js';
import { parseProcStat } from '../targets/process-identity.js';
import type { ExecResult, Target } from '../targets/target.js';
import { raiseCoreLimit } from './core-limit.js';
import { type CoreFile, coreFileOf, namesIn, requireCoreFiles } from './core-place.js';
import { statusOf } from './core-status.js';
import type { CaptureMethod, CaptureRequest } from './method.js';
import { measureSpace, requireSpace } from './space.js';

/** Between two looks at a process that is ending, milliseconds. */
const lookEveryMs = 200;
/** For a process that neither rests nor ends, where no stage has a limit: what a capture may take in a run. */
const longestMs = 1_800_000;

/**
 * The kernel's own core. A Go program with `GOTRACEBACK=crash` (package runtime, "Environment Variables") answers SIGQUIT
 * with the stacks of all goroutines on stderr and then aborts, upon which the kernel writes its core (core(5)). No
 * debugger is needed and no right to trace; what it costs is the process. `idleMs`: for how long a process that was
 * asked to end may do nothing at all; Go itself pauses for five seconds when one of its threads does not answer.
 */
export function kernelCores({ idleMs = 20_000 } = {}): CaptureMethod {
  const method: CaptureMethod = {
    name: 'kernel',
    title: 'the process prints its goroutines and ends; the kernel writes its core meanwhile',
    keepsProcess: false,
    writesInaccessible: false,
    environment: { GOTRACEBACK: 'crash' },
    requireTarget: requireCoreFiles,
    async requireProcess({ target, pid }, signal) {
      await prepared(target, pid, signal);
    },
    async capture({ target, pid, file, say = () => {} }, signal) {
      const place = await prepared(target, pid, signal);
      const before = await namesIn(target, place, signal);
      const began = performance.now();
      await end({ target, pid, say }, idleMs, signal).catch((error: unknown) => {
        throw signal.aborted ? leftToItself(pid, place, error) : error;
      });
      const pausedMs = Math.round(performance.now() - began);
      const core = await written(target, pid, place, before, signal);
      const command = await target.exec(['mv', '--force', '--', core, file], { signal });
      if (command.exitCode !== 0) throw notMoved(core, command);
      return { pausedMs, command, from: core };
    },
  };
  return method;
}

export const kernel = kernelCores();

/** Makes sure that the core will be written, and returns where. Until here nothing has happened to the process. */
async function prepared(target: Target, pid: number, signal: AbortSignal): Promise<CoreFile> {
  await requireTraceback(target, pid, signal);
  const { ignoresQuit } = await statusOf(target, pid, signal);
  if (ignoresQuit) {
    throw new LabError(`process ${pid} ignores SIGQUIT, at which a Go program ends with a core`, {
      code: 'target',
      hint: `take its core by gdb, which lets it live: npx lab capture --pid ${pid}`,
    });
  }
  const place = await coreFileOf(target, pid, signal);
  const method = { writesInaccessible: false };
  const space = await measureSpace({ target, pid, folder: place.folder, method }, signal);
  if (space !== undefined) requireSpace(space, place.folder, target, { chosenBy: 'kernel' });
  await raiseCoreLimit(target, pid, space?.needed ?? 0, signal);
  return place;
}

async function requireTraceback(target: Target, pid: number, signal: AbortSignal): Promise<void> {
  const text = await target.readFile(`/proc/${pid}/environ`, signal).catch((error: unknown) => {
    signal.throwIfAborted();
    throw new LabError(`process ${pid} belongs to another user: ${messageOf(error)}`, {
      code: 'missing-permission',
      hint: `run the same command with sudo, or as the user of process ${pid}`,
      cause: error,
    });
  });
  const set = text?.split('\0').find((line) => line.startsWith('GOTRACEBACK='));
  if (set === 'GOTRACEBACK=crash') return;
  throw new LabError(
    `process ${pid} was not started with GOTRACEBACK=crash${set === undefined ? '' : ` but with ${set}`}: it would end without a core`,
    {
      code: 'target',
      hint: 'start it again with GOTRACEBACK=crash in its environment, or let gdb take the core: --capture gcore',
    },
  );
}

/** Asks the process to end, and waits until it has: then its core is complete. */
async function end(
  { target, pid, say }: Pick<CaptureRequest, 'target' | 'pid'> & { readonly say: (text: string) => void },
  idleMs: number,
  signal: AbortSignal,
): Promise<void> {
  const born = parseProcStat((await target.readFile(`/proc/${pid}/stat`, signal)) ?? '');
  if (born === undefined) return;
  const process = await target.attach({ pid, startTicks: born.startTicks }, signal);
  await process?.kill('SIGQUIT').catch((error: unknown) => {
    // It may have arrived; whether it did is seen in what the process does.
    if (wasLost(error)) return;
    throw new LabError(`process ${pid} takes no signal: ${messageOf(error)}`, {
      code: 'missing-permission',
      hint: `run the same command with sudo, or as the user of process ${pid}`,
      cause: error,
    });
  });
  const began = performance.now();
  let quietSince = began;
  for (let ticks = -1; ; ) {
    const seen = parseProcStat((await target.readFile(`/proc/${pid}/stat`, signal)) ?? '');
    if (seen === undefined || seen.startTicks !== born.startTicks || /[ZX]/.test(seen.state)) return;
    const isDumping = await statusOf(target, pid, signal).then(
      (status) => status.isDumping,
      () => false,
    );
    const now = performance.now();
    if (isDumping || seen.cpuTicks !== ticks || seen.state === 'D') quietSince = now;
    ticks = seen.cpuTicks;
    if (now - quietSince > idleMs || now - began > longestMs) throw stillThere(pid, now - began);
    const what = isDumping ? 'the kernel writes its core' : 'the process prints its goroutines';
    // Said once in a while of what takes long.
    const seconds = Math.floor((now - began) / 1_000);
    say(`${what}, ${seconds < 10 ? seconds : seconds - (seconds % 10)} s`);
    await pause(lookEveryMs, signal);
  }
}

/** The core that was not there before. */
async function written(
  target: Target,
  pid: number,
  place: CoreFile,
  before: readonly string[],
  signal: AbortSignal,
): Promise<string> {
  const names = (await namesIn(target, place, signal)).filter((name) => !before.includes(name));
  const [name] = names;
  if (name !== undefined && names.length === 1) return `${place.folder}/${name}`;
  throw new LabError(
    name === undefined
      ? `process ${pid} ended, and the kernel left no core in ${place.folder}`
      : `process ${pid} ended, and any of these may be its core: ${names.join(', ')} in ${place.folder}`,
    { code: 'undecided', hint: 'look what the kernel says of it: sudo dmesg | tail' },
  );
}

/** What was asked for cannot be taken back. */
function leftToItself(pid: number, { folder }: CoreFile, cause: unknown): LabError {
  return new LabError(
    `interrupted; process ${pid} ends all the same, and the kernel puts its core into ${folder}`,
    {
      code: 'interrupted',
      cause,
    },
  );
}

function stillThere(pid: number, ms: number): LabError {
  return new LabError(
    `process ${pid} still runs ${(ms / 1_000).toFixed(0)} s after SIGQUIT: it handles the signal itself, or its stderr is not being read`,
    {
      code: 'undecided',
      hint: `take its core by gdb, which lets it live: npx lab capture --pid ${pid}`,
    },
  );
}

function notMoved(core: string, { stderr, exitCode }: ExecResult): LabError {
  const full = /No space left|quota exceeded/i.test(stderr);
  return new LabError(
    `the core is in ${core} and cannot be moved: ${stderr.trim() || `exit code ${exitCode}`}`,
    {
      code: full ? 'no-space' : 'target',
      hint: `move it yourself: mv ${quoteWord(core)} .`,
    },
  );
}
