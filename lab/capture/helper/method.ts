import { machine } from 'node:os';
import { dirname, posix } from 'node:path';
import { LabError } from '../../errors.js';
import type { Emit } from '../../events.js';
import type { Target } from '../../targets/target.js';
import {
  type CaptureArchitecture,
  captureArchitecture,
  ensureCaptureHelper,
} from '../../toolchain/capture-helper.js';
import type { CaptureMethod } from '../method.js';
import { attachRefused, yamaScope } from '../ptrace.js';
import { outcomeOf } from './events.js';
import { coreArguments, type HelperOptions } from './options.js';

/**
 * The lab's own program (helpers/capture), which copies the memory while the process runs and stops it only for what
 * has changed meanwhile. To another machine it is brought for the moment.
 */
export function captureHelper(options: HelperOptions = {}): CaptureMethod {
  return {
    name: 'helper',
    title: 'the lab’s helper copies the memory, and stops the process for milliseconds',
    keepsProcess: true,
    writesInaccessible: false,
    writesSparse: true,
    async requireTarget(target, signal) {
      await ensureCaptureHelper({ architecture: await architectureOf(target, signal) }, signal);
    },
    async capture({ target, pid, file, say }, signal) {
      const architecture = await architectureOf(target, signal);
      const emit: Emit = (event) => {
        if (event.type === 'note') say?.(event.text);
      };
      const { path } = await ensureCaptureHelper({ architecture, emit }, signal);
      const program = target.kind === 'local' ? path : posix.join(dirname(file), 'capture');
      if (target.kind !== 'local') await bring(target, path, program, signal);
      const argv = [program, ...coreArguments(pid, file, options)];
      const result = await target.exec(argv, { signal });
      const outcome = outcomeOf(result.stderr);
      if (outcome === undefined) throw silent(result.signal, result.stderr);
      if (outcome instanceof LabError) throw await explained(outcome, target, pid, signal);
      const { pauseMicros, notes, snapshot, slim: isScrubbed } = outcome;
      return { pausedMs: pauseMicros / 1_000, command: result, snapshot, notes, isScrubbed };
    },
  };
}

export const helper = captureHelper();

async function architectureOf(target: Target, signal: AbortSignal): Promise<CaptureArchitecture> {
  const name = target.kind === 'local' ? machine() : (await target.exec(['uname', '-m'], { signal })).stdout;
  const found = captureArchitecture(name);
  if (found !== undefined) return found;
  throw new LabError(`the helper that takes cores does not run on ${name.trim()}`, {
    code: 'missing-tool',
    hint: 'let gdb take the core: --capture gcore',
  });
}

async function bring(target: Target, from: string, to: string, signal: AbortSignal): Promise<void> {
  await target.upload(from, to, signal);
  await target.exec(['chmod', '0700', '--', to], { signal });
}

/** The kernel's own setting is the better explanation, where it is the reason. */
async function explained(
  failure: LabError,
  target: Target,
  pid: number,
  signal: AbortSignal,
): Promise<LabError> {
  if (failure.code !== 'missing-permission' || failure.message.includes('held by')) return failure;
  const yama = await yamaScope(target, signal);
  return yama === undefined || yama === 0 ? failure : attachRefused(pid, yama, failure.details);
}

/** It was ended before it could say anything, or could not be run at all. */
function silent(killedBy: string | null, said: string): LabError {
  if (killedBy !== null) {
    return new LabError(`the helper that takes cores was ended by ${killedBy}; the process goes on`, {
      code: 'undecided',
      hint: 'run the same command again',
    });
  }
  return new LabError(`the helper that takes cores does not run: ${said.trim().slice(-300)}`, {
    code: 'missing-tool',
    hint: 'let gdb take the core: --capture gcore',
  });
}
