import { rm } from 'node:fs/promises';
import { execa } from 'execa';
import { z } from 'zod';
import { projectRoot } from '../lab/paths.js';
import { median } from './statistics.js';

const rounds = Number(process.env['LAB_BENCH_ROUNDS'] ?? 20);

const documentSchema = z.looseObject({
  dir: z.string(),
  createdAt: z.string(),
  conclusion: z.looseObject({ verdict: z.string(), reasons: z.array(z.string()) }),
  stages: z.record(z.string(), z.looseObject({ startedAt: z.string(), ms: z.number().optional() })),
});

interface Round {
  readonly verdict: string;
  readonly reasons: readonly string[];
  /** From the command until the diagnosis was there. */
  readonly verdictMs: number;
  readonly totalMs: number;
}

/**
 * How often the whole experiment ends as expected, faulty and repaired, each run through the command that a
 * user types, and how long it takes until the verdict.
 */
export async function run(signal: AbortSignal): Promise<void> {
  await report('faulty', ['run', '--json', '--quiet'], signal);
  await report('fixed', ['run', '--json', '--quiet', '--fixed'], signal);
}

async function report(name: string, args: readonly string[], signal: AbortSignal): Promise<void> {
  const seen: Round[] = [];
  for (let round = 1; round <= rounds; round += 1) {
    const one = await once(args, signal);
    seen.push(one);
    process.stdout.write(
      `${name} ${round}: ${one.verdict} after ${seconds(one.verdictMs)}, all done after ${seconds(one.totalMs)} ${one.reasons.join('; ')}\n`,
    );
  }
  const confirmed = seen.filter(({ verdict }) => verdict === 'confirmed').length;
  const times = seen.map(({ verdictMs }) => verdictMs);
  process.stdout.write(
    `${name}: ${confirmed} of ${rounds} confirmed; verdict after ${seconds(median(times))} in the median, ${seconds(Math.max(...times))} at worst\n`,
  );
}

async function once(args: readonly string[], signal: AbortSignal): Promise<Round> {
  const began = Date.now();
  const result = await execa('npm', ['run', '--silent', 'lab', '--', ...args], {
    cwd: projectRoot,
    reject: false,
    cancelSignal: signal,
    stdin: 'ignore',
  });
  const totalMs = Date.now() - began;
  if (result.isCanceled) throw result;
  const parsed = documentSchema.safeParse(parseJson(result.stdout));
  if (!parsed.success) {
    return {
      verdict: `exit ${result.exitCode}`,
      reasons: [result.stderr.slice(-300)],
      verdictMs: totalMs,
      totalMs,
    };
  }
  const { conclusion, stages, dir } = parsed.data;
  const last = stages['analyze'] ?? stages['stop'];
  const verdictMs = last === undefined ? totalMs : Date.parse(last.startedAt) + (last.ms ?? 0) - began;
  // Twenty cores would fill a small disk; one that was not confirmed is worth a look.
  if (conclusion.verdict === 'confirmed') await rm(dir, { recursive: true, force: true });
  return { verdict: conclusion.verdict, reasons: conclusion.reasons, verdictMs, totalMs };
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;
