import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { analyzeCore } from '../lab/analysis/analyze-core.js';
import type { Diagnosis } from '../lab/analysis/model/diagnosis.js';
import { type Leak, leaksOfProfile, rootsOf, stuckGroups } from './leaks.js';
import type { Program } from './truth.js';
import { tryProgram } from './try-program.js';

/** What one of the two said of a program, against what its test expects. */
export interface Said {
  /** It called a goroutine lost that may leak; of a program that must not leak: nothing at all. */
  readonly found: boolean;
  /** Of the expected kinds of goroutines, how many it called lost in this run. */
  readonly kinds: number;
  /** It called goroutines lost that are none of the expected; each kind once. */
  readonly others: readonly Leak[];
}

export interface Score {
  readonly program: string;
  /** Kinds of goroutines that may leak. */
  readonly expected: number;
  readonly tries: number;
  readonly runtime: Said & { readonly ms: number };
  readonly ours: Said & {
    readonly verdict: Diagnosis['verdict'];
    /** Of each finding, the most certain first. */
    readonly findings: readonly Pick<Diagnosis['findings'][number], 'rule' | 'certainty' | 'explanation'>[];
    /** Whether what the findings name as the root cause are goroutines that may leak. */
    readonly rightFunction: 'yes' | 'in part' | 'no' | 'none named';
    readonly ms: number;
  };
}

export interface ScoreOptions {
  readonly program: Program;
  readonly exe: string;
  readonly goRoot: string;
  /** Many of them hang by chance: so often they are run until one of the two finds something. */
  readonly maxTries: number;
  /** A folder in which the last core of each program stays, without the disk that its zeros would take. */
  readonly keep?: string | undefined;
}

/** `undefined` where the program never came as far as its profile. */
export async function scoreProgram(options: ScoreOptions, signal: AbortSignal): Promise<Score | undefined> {
  const { program, exe, goRoot, maxTries } = options;
  let last: Score | undefined;
  for (let tries = 1; tries <= maxTries; tries++) {
    const folder = await mkdtemp(join(tmpdir(), 'lab-score-'));
    try {
      const run = await tryProgram({ exe, program, folder }, signal);
      if (run === undefined) continue;
      if (options.keep !== undefined)
        await execa('cp', ['--sparse=always', run.core, join(options.keep, `${program.name}.core`)]);
      const diagnosis = await analyzeCore({ exe, core: run.core, goRoot }, () => undefined, signal);
      last = judged(program, tries, { ...run, diagnosis });
      if (last.runtime.kinds + last.ours.kinds > 0 || program.expected.length === 0) return last;
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }
  return last;
}

function judged(
  program: Program,
  tries: number,
  run: { readonly profile: string; readonly profileMs: number; readonly diagnosis: Diagnosis },
): Score {
  const { diagnosis } = run;
  const certain = diagnosis.findings.filter(
    ({ certainty }) => certainty === 'proved' || certainty === 'strong',
  );
  const stuck = certain.length === 0 ? [] : stuckGroups(diagnosis).map(({ leak }) => leak);
  const roots = rootsOf(diagnosis);
  const right = roots.filter((leak) => isExpected(leak, program)).length;
  return {
    program: program.name,
    expected: program.expected.length,
    tries,
    runtime: { ...said(leaksOfProfile(run.profile), program), ms: run.profileMs },
    ours: {
      ...said(stuck, program),
      verdict: diagnosis.verdict,
      findings: diagnosis.findings.map(({ rule, certainty, explanation }) => ({
        rule,
        certainty,
        explanation,
      })),
      rightFunction:
        roots.length === 0 ? 'none named' : right === roots.length ? 'yes' : right > 0 ? 'in part' : 'no',
      ms: Math.round(diagnosis.stats.wallMs),
    },
  };
}

const isExpected = (leak: Leak, { expected }: Program) => expected.some((pattern) => pattern.test(leak));

function said(leaks: readonly Leak[], program: Program): Said {
  const kinds = program.expected.filter((pattern) => leaks.some((leak) => pattern.test(leak))).length;
  return {
    found: program.expected.length === 0 ? leaks.length === 0 : kinds > 0,
    kinds,
    others: [...new Set(leaks.filter((leak) => !isExpected(leak, program)))],
  };
}
