import { readFile } from 'node:fs/promises';
import { z } from 'zod';
import type { ProbeOutcome } from '../hang/health.js';
import type { ProcessStats } from '../hang/process-stats.js';
import type { LoadSample } from '../load/sample.js';
import { type CrowdSample, crowdSampleSchema } from '../stampede/facts.js';

const sampleSchema = z.object({
  at: z.number(),
  responses: z.number(),
  requestsPerSecond: z.number(),
  errors: z.number(),
  timeouts: z.number(),
  step: z.object({ connections: z.number(), pipelining: z.number(), workers: z.number() }),
  lastResponseAt: z.number().optional(),
  generatorBusy: z.number().optional(),
  countsFailures: z.boolean().optional(),
});

const timed = { at: z.number(), ms: z.number() };

const probeSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('answered'), ...timed, status: z.number() }),
  z.object({ kind: z.literal('timed-out'), ...timed, connected: z.boolean() }),
  z.object({ kind: z.literal('refused'), ...timed }),
  z.object({ kind: z.literal('cut'), ...timed, message: z.string() }),
]);

/** A look at a process, as far as a report needs it. */
const processLookSchema = z.object({ at: z.number(), cpuMs: z.number(), rssBytes: z.number() });

/** The samples of `load.jsonl`, oldest first; lines of another kind, and one cut off by a crash, are left out. */
export async function readSamples(path: string): Promise<LoadSample[]> {
  return await readLines(path, sampleSchema);
}

/** The probe outcomes of `probes.jsonl`, oldest first. */
export async function readProbes(path: string): Promise<ProbeOutcome[]> {
  return await readLines(path, probeSchema);
}

/** The looks at the server's process of `process.jsonl`, oldest first. */
export async function readProcessLooks(
  path: string,
): Promise<Pick<ProcessStats, 'at' | 'cpuMs' | 'rssBytes'>[]> {
  return await readLines(path, processLookSchema);
}

const goroutineCountSchema = z.object({ at: z.number(), goroutines: z.number().int() });
export type GoroutineCount = z.infer<typeof goroutineCountSchema>;

/** The lines of `goroutines.jsonl`, oldest first; none for a run without a load. */
export async function readCounts(path: string): Promise<GoroutineCount[]> {
  return await readLines(path, goroutineCountSchema);
}

/** The samples of `crowd.jsonl`, oldest first; none for a run of another scenario. */
export async function readCrowd(path: string): Promise<CrowdSample[]> {
  return await readLines(path, crowdSampleSchema);
}

async function readLines<S extends z.ZodType>(path: string, schema: S): Promise<z.infer<S>[]> {
  const text = await readFile(path, 'utf8').catch(() => '');
  return text.split('\n').flatMap((line) => {
    try {
      const parsed = schema.safeParse(JSON.parse(line));
      return parsed.success ? [parsed.data] : [];
    } catch {
      return [];
    }
  });
}
