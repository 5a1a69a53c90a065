import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { type Diagnosis, diagnosisSchema } from '../../lab/analysis/model/diagnosis.js';
import { projectRoot } from '../../lab/paths.js';
import type { TakenCore } from './case-cores.js';

export interface Analysis {
  readonly diagnosis: Diagnosis;
  /** Processor time, Delve's included. */
  readonly cpuSeconds: number;
}

const lab = join(projectRoot, 'dist/scripts/lab.js');
const keepStat = join(projectRoot, 'dist/test/real/cpu-time.js');
const timeoutMs = 4 * 60_000;

/** Diagnoses a core as a user does, on the command line. What it notes is left beside the core. */
export async function analyze(
  { exe, core }: TakenCore,
  options: readonly string[],
  signal: AbortSignal,
): Promise<Analysis> {
  return await typed(['--exe', exe, '--core', core, ...options], core, signal);
}

/** The same of a goroutine dump, with the sources that its paths lead to. */
export async function analyzeText({ dump }: TakenCore, signal: AbortSignal): Promise<Diagnosis> {
  return (await typed(['--dump', dump], dump, signal)).diagnosis;
}

async function typed(words: readonly string[], beside: string, signal: AbortSignal): Promise<Analysis> {
  const argv = ['--import', keepStat, lab, 'analyze', '--json', '--quiet', ...words];
  const child = execa(process.execPath, argv, {
    reject: false,
    stdin: 'ignore',
    env: { NO_COLOR: '1', LAB_TEST_STAT: `${beside}.stat` },
    cancelSignal: signal,
    timeout: timeoutMs,
    maxBuffer: 1 << 28,
  });
  const { stdout, stderr, timedOut } = await child;
  if (timedOut) throw new Error(`no diagnosis within ${timeoutMs / 1_000} s: ${stderr.slice(-2_000)}`);
  const said = diagnosisSchema.safeParse(parsed(stdout));
  if (!said.success) throw new Error(`no diagnosis: ${stdout.slice(0, 2_000)}\n${stderr.slice(-2_000)}`);
  const stat = await readFile(`${beside}.stat.${child.pid}`, 'utf8');
  return { diagnosis: said.data, cpuSeconds: cpuSecondsOf(stat) };
}

/** Fields 14 to 17 of `/proc/PID/stat` (proc(5)): of the process and of the children that it waited for, in 10 ms. */
function cpuSecondsOf(stat: string): number {
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  const ticks = fields.slice(14 - 3, 18 - 3).map(Number);
  return ticks.reduce((sum, each) => sum + each, 0) / 100;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
