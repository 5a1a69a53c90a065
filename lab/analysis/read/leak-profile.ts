import { stat } from 'node:fs/promises';
import { openDump, readDumps } from '../../dump/index.js';
import type { Dump } from '../../dump/model.js';
import { LabError } from '../../errors.js';
import type { LeakProfile } from '../model/leak-profile.js';

/**
 * Reads the runtime's leak profile from a file, from stdin (`-`) or from the address of pprof. Errors: those of a dump
 * that cannot be read, and `usage` where it is a profile of all goroutines.
 */
export async function readLeakProfile(where: string, signal: AbortSignal): Promise<LeakProfile> {
  const dumps = await readDumps(openDump(where, signal), { signal });
  const dump = dumps.at(-1);
  if (dump === undefined || (dump.form !== 'traceback' && dump.leaks !== true)) {
    throw new LabError(`${where} is a profile of all goroutines, not of those that leaked`, {
      code: 'usage',
      hint: "take the runtime's leak profile: curl -s http://HOST:PORT/debug/pprof/goroutineleak?debug=2",
    });
  }
  const ids = idsOf(dump);
  return {
    ...{ source: where, form: dump.form, time: dump.time ?? (await timeOf(where)) },
    stacks: dump.stacks
      .filter(({ leaked }) => leaked)
      .map(({ count, waitReason, frames }) => ({
        ...{ count, waitReason },
        frames: frames.map(({ function: name, file, line }) => ({ function: name, file, line })),
      })),
    ...(ids === undefined ? {} : { ids }),
    limits: dump.limits,
  };
}

/** Of a server the answer is as old as the question. */
const timeOf = async (where: string): Promise<Date | undefined> =>
  /^https?:/.test(where) ? new Date() : where === '-' ? undefined : (await stat(where)).mtime;

/** Only where none is missing can a goroutine be said to have come later. */
function idsOf({ form, stacks, limits }: Dump): ReadonlySet<number> | undefined {
  const isWhole = form === 'traceback' && limits.length === 0;
  if (!isWhole || stacks.some(({ count, members }) => members.length < count)) return undefined;
  return new Set(stacks.flatMap(({ members }) => members.map(({ id }) => id)));
}
