import { rm } from 'node:fs/promises';
import { z } from 'zod';
import { analyzeCore } from '../../lab/analysis/analyze-core.js';
import { analyzeDump } from '../../lab/analysis/analyze-dump.js';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { analyzeExitCode } from '../../lab/cli/commands/analyze.js';
import { openDump, readDumps } from '../../lab/dump/index.js';
import { toLabError } from '../../lab/errors.js';
import { openKit } from '../../lab/kit/open.js';

/* A process that does one job after another, as the lab's commands would, so that what breaks breaks here. */

export const jobSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('analyze'),
    exe: z.string(),
    core: z.string(),
    delve: z.string(),
    sources: z.boolean(),
  }),
  z.object({ kind: z.literal('dump'), file: z.string() }),
  z.object({ kind: z.literal('open'), kit: z.string(), dir: z.string() }),
]);
export type Job = z.infer<typeof jobSchema>;

export const doneSchema = z.object({
  exitCode: z.number(),
  /** What was found, or what the error says. */
  said: z.string(),
  isDeadlock: z.boolean(),
  peakBytes: z.number(),
});
export type Done = z.infer<typeof doneSchema>;

const { signal } = new AbortController();

async function act(job: Job): Promise<Omit<Done, 'peakBytes'>> {
  if (job.kind === 'open') {
    await openKit({ file: job.kit, dir: job.dir }, signal);
    await rm(job.dir, { recursive: true, force: true });
    return { exitCode: 0, said: 'opened', isDeadlock: false };
  }
  const found = job.kind === 'dump' ? await dumpIn(job.file) : await coreOf(job);
  const { verdict, groups, limits } = found;
  const said = `${verdict}, ${groups.length} groups, ${limits.length} limits`;
  return { exitCode: analyzeExitCode(found), said, isDeadlock: verdict === 'deadlock' };
}

function coreOf({ exe, core, delve, sources }: Extract<Job, { kind: 'analyze' }>): Promise<Diagnosis> {
  return analyzeCore({ exe, core, delve, noSource: !sources }, () => undefined, signal);
}

async function dumpIn(file: string): Promise<Diagnosis> {
  const dumps = await readDumps(openDump(file, signal), { signal });
  const last = dumps.at(-1);
  if (last === undefined) throw new Error('no dump was read, and nothing was said about it');
  return await analyzeDump(last, { name: file, noSource: true }, () => undefined, signal);
}

process.on('message', async (message) => {
  const done = await act(jobSchema.parse(message)).catch((thrown: unknown) => {
    const { exitCode, message: said } = toLabError(thrown);
    return { exitCode, said, isDeadlock: false };
  });
  process.send?.({ ...done, peakBytes: process.resourceUsage().maxRSS * 1024 });
});
