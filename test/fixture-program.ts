import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { analyzeCore } from '../lab/analysis/analyze-core.js';
import type { Diagnosis } from '../lab/analysis/model/diagnosis.js';
import { findDelve } from '../lab/toolchain/index.js';
import { goBuild } from './go-build.js';
import { type CoreMethod, coreOf, type RealCore } from './real-core.js';
import { resultOf, sideBySide } from './side-by-side.js';
import { type TempFolder, tempFolder } from './temp-folder.js';

const fixtures = resolve(fileURLToPath(import.meta.url), '../../../test/fixtures/go');
const { signal } = new AbortController();

export interface Built {
  readonly go: { readonly path: string; readonly version: string };
  /** Folder in `test/fixtures/go`. */
  readonly fixture: string;
  readonly flags: readonly string[];
  readonly method: CoreMethod;
  /** Of the build. */
  readonly env?: Readonly<Record<string, string>>;
  /** Situations of which one core serves all tests of the suite. */
  readonly shared?: readonly string[];
}

export interface CoreFiles {
  readonly exe: string;
  readonly core: string;
  /** Path of a Delve that reads it. */
  readonly delve: string;
}

export interface FixtureProgram {
  /** Starts it in a situation, takes a core of it and diagnoses it; `look` is called before the core is removed. */
  diagnose(situation: string, options?: DiagnoseOptions): Promise<Diagnosis>;
  /** Starts it in a situation, takes a core of it, and removes the core when it was used. */
  withCore<T>(situation: string, use: (files: CoreFiles) => Promise<T>): Promise<T>;
}

export interface Printed {
  readonly stdout: string;
  readonly stderr: string;
}

export interface DiagnoseOptions {
  readonly noSource?: boolean;
  readonly look?: (core: string, diagnosis: Diagnosis) => Promise<void>;
}

/**
 * A program of the fixtures, built before the tests of the suite that calls this and removed after them. They are
 * skipped where gdb, or a Delve that reads this Go, is missing.
 */
export function fixtureProgram({ go, fixture, flags, method, env = {}, shared = [] }: Built) {
  let folder: TempFolder | undefined;
  let built: { readonly exe: string; readonly dlv: string } | undefined;

  before(async function () {
    const found = await findDelve({ goVersion: go.version, install: false }, signal);
    const gcore = method !== 'gcore' || (await execa('gcore', [], { reject: false })).code !== 'ENOENT';
    if (found === undefined || !gcore) return this.skip();
    folder = await tempFolder();
    const exe = folder.file('server');
    await goBuild({ go: go.path, module: resolve(fixtures, fixture), exe, flags, env });
    built = { exe, dlv: found.path };
  });
  const kept = new Map<string, Promise<RealCore>>();
  after(async () => {
    for (const taken of await Promise.allSettled(kept.values()))
      if (taken.status === 'fulfilled') await taken.value[Symbol.asyncDispose]();
    await folder?.[Symbol.asyncDispose]();
  });

  const program = () => {
    if (built === undefined || folder === undefined) throw new Error(`${fixture} was not built`);
    return { ...built, folder };
  };
  const take = (situation: string) => coreOf(program().exe, go.version, method, [situation]);

  async function withCore<T>(situation: string, use: (files: CoreFiles) => Promise<T>): Promise<T> {
    const { exe, dlv } = program();
    if (shared.includes(situation)) {
      const taken = kept.get(situation) ?? take(situation);
      kept.set(situation, taken);
      return await use({ exe, core: (await taken).core, delve: dlv });
    }
    await using taken = await take(situation);
    return await use({ exe, core: taken.core, delve: dlv });
  }

  return {
    withCore,
    diagnose(situation: string, { noSource = false, look }: DiagnoseOptions = {}): Promise<Diagnosis> {
      return withCore(situation, async (files) => {
        const diagnosis = await analyzeCore({ ...files, noSource }, () => undefined, signal);
        await look?.(files.core, diagnosis);
        return diagnosis;
      });
    },
    /** What Delve prints when the checks of a finding are typed into it. */
    async typeChecks(core: string, { evidence }: Diagnosis['findings'][number]): Promise<Printed> {
      const { exe, dlv, folder: home } = program();
      const commands = evidence.flatMap(({ check }) => check.split('; '));
      const { stdout, stderr } = await execa(
        dlv,
        ['core', exe, core, '--allow-non-terminal-interactive=true'],
        { input: `${commands.join('\n')}\nquit\n`, env: { HOME: home.path, TERM: 'dumb' } },
      );
      return { stdout, stderr };
    },
  };
}

/** Diagnoses of a program in many situations, made a few at a time from when the suite begins. */
export function diagnosedSideBySide(
  program: FixtureProgram,
  situations: readonly string[],
): (situation: string) => Promise<Diagnosis> {
  let results = new Map<string, Promise<Diagnosis>>();
  before(() => {
    results = sideBySide(situations, (situation) => program.diagnose(situation));
    // Each test looks at its own result; nobody does when an earlier one ended the run.
    for (const result of results.values()) result.catch(() => undefined);
  });
  after(async () => {
    await Promise.allSettled(results.values());
  });
  return (situation) => resultOf(results, situation);
}

/** Optimised code by the first Go at hand, and by the last, if there is another, code that keeps every variable. */
export function twoBuilds<T>(gos: readonly T[]): { readonly go: T; readonly flags: readonly string[] }[] {
  const [first, last] = [gos[0], gos.at(-1)];
  return [
    ...(first === undefined ? [] : [{ go: first, flags: [] }]),
    ...(last === undefined ? [] : [{ go: last, flags: ['-gcflags=all=-N -l'] }]),
  ];
}
