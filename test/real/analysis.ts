import { join } from 'node:path';
import { execa } from 'execa';
import { type Diagnosis, diagnosisSchema } from '../../lab/analysis/diagnosis.js';
import { projectRoot } from '../../lab/paths.js';
import type { TakenCore } from './case-cores.js';

export interface Analysis {
  readonly diagnosis: Diagnosis;
  /** Processor time, Delve's included. */
  readonly cpuSeconds: number;
}

const lab = join(projectRoot, 'dist/scripts/lab.js');
/** Only a shell's `time` counts what the children of a child took. */
const timed = 'TIMEFORMAT="cpu seconds: %U %S"; time "$@"';

/** Diagnoses a core as a user does, on the command line. */
export async function analyze(
  { exe, core }: TakenCore,
  options: readonly string[],
  signal: AbortSignal,
): Promise<Analysis> {
  const argv = [process.execPath, lab, 'analyze', '--json', '--quiet', '--exe', exe, '--core', core];
  const { stdout, stderr } = await execa('bash', ['-c', timed, 'lab', ...argv, ...options], {
    reject: false,
    stdin: 'ignore',
    env: { NO_COLOR: '1', LC_ALL: 'C' },
    cancelSignal: signal,
    maxBuffer: 1 << 28,
  });
  const [, user, system] = /cpu seconds: (\S+) (\S+)\s*$/.exec(stderr) ?? [];
  const said = diagnosisSchema.safeParse(parsed(stdout));
  if (!said.success) throw new Error(`no diagnosis: ${stdout.slice(0, 2_000)}\n${stderr.slice(-2_000)}`);
  return { diagnosis: said.data, cpuSeconds: Number(user) + Number(system) };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
