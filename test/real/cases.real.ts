import { expect } from 'chai';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { LabError } from '../../lab/errors.js';
import { localTarget } from '../../lab/targets/local.js';
import { ensureGoRelease } from '../../lab/toolchain/go-release.js';
import { ensureDelve, findGo, type GoTool, requireGdb } from '../../lab/toolchain/index.js';
import { pictureFaults } from '../report/picture-faults.js';
import { type Analysis, analyze, analyzeText } from './analysis.js';
import { atMost } from './at-most.js';
import { coresOf, type Run } from './case-cores.js';
import { buildCase, type CaseProgram } from './case-program.js';
import { allFindings, falseAlarms, faultyDifferences, isFirstSuspect } from './differences.js';
import { readCases } from './reported-case.js';

const { faulty, healthy } = readCases((process.env['LAB_TEST_CASES'] ?? '').split(',').filter(Boolean));
const ending = new AbortController();
const { signal } = ending;

/** What the modules of the cases ask for. */
const oldestMinor = 26;
/** A program that is waited for costs little, an analysis a processor. */
const [building, running, analysing] = [atMost(2), atMost(4), atMost(2)];
const usualMs = 8_000;

interface Analyses {
  readonly first: PromiseSettledResult<Analysis>;
  readonly companion: PromiseSettledResult<Analysis> | undefined;
  /** Of goroutine dumps, which faulty programs and their repaired variants printed in the end. */
  readonly text: PromiseSettledResult<Diagnosis> | undefined;
  readonly companionText: PromiseSettledResult<Diagnosis> | undefined;
}

interface Work {
  readonly build: () => Promise<CaseProgram>;
  readonly args?: readonly string[];
  readonly fixedArgs?: readonly string[];
  readonly withinMs?: number;
  readonly starts?: number;
  readonly options?: readonly string[];
}

describe('programs whose deadlocks were reported, and healthy ones that are large', function () {
  this.timeout(6 * 60_000);
  let go: GoTool;
  const works = new Map<string, Promise<Analyses>>();

  before(async function () {
    try {
      await requireGdb(localTarget(), signal);
      go = await newEnoughGo();
      await ensureDelve({ goVersion: `go${go.version}` }, signal);
    } catch (error) {
      if (!(error instanceof LabError && error.code === 'missing-tool')) throw error;
      process.stdout.write(`skipped: ${error.message}\n`);
      return this.skip();
    }
    for (const one of faulty) {
      const { expected, fixedArgs } = one;
      const build = () => buildCase(one, go, signal);
      begin(one.name, { build, fixedArgs, withinMs: expected.seconds * 1_000, starts: 6 });
    }
    for (const one of healthy) {
      let built: Promise<CaseProgram> | undefined;
      const build = () => {
        built ??= buildCase(one, go, signal);
        return built;
      };
      for (const run of one.expected.runs) begin(nameOf(one.name, run), { build, ...run });
    }
  });
  after(async () => {
    ending.abort();
    await Promise.allSettled(works.values());
  });

  function begin(name: string, work: Work): void {
    const result = analysed(work, `go${go.version}`);
    // Each test looks at its own result; nobody does when the run was ended before.
    result.catch(() => undefined);
    works.set(name, result);
  }

  async function resultOf(name: string): Promise<Analyses> {
    const work = works.get(name);
    if (work === undefined) throw new Error(`${name} was not begun`);
    return await work;
  }

  for (const { name, expected } of faulty) {
    it(`names the deadlock of ${name}, reported in ${expected.ref}`, async () => {
      const { diagnosis } = valueIn((await resultOf(name)).first);
      expect(faultyDifferences(diagnosis, expected)).to.deep.equal([]);
      expect(await pictureFaults(diagnosis)).to.deep.equal([]);
    });

    if (expected.fixed === null) continue;
    it(`accuses nobody in ${name} when it is repaired`, async () => {
      const { diagnosis } = valueIn((await resultOf(name)).companion);
      expect(falseAlarms(diagnosis)).to.deep.equal([]);
    });
  }

  it('has the cause of at least three in four as the first suspect of their goroutine dumps', async () => {
    const missed: string[] = [];
    for (const { name, expected } of faulty) {
      const diagnosis = valueIn((await resultOf(name)).text);
      if (!isFirstSuspect(diagnosis, expected)) missed.push(`${name}: ${diagnosis.summary}`);
    }
    expect(missed, missed.join('\n')).to.have.lengthOf.at.most(Math.floor(faulty.length / 4));
  });

  it('suspects nobody in the dumps of the repaired ones', async () => {
    for (const { name, expected } of faulty) {
      if (expected.fixed === null) continue;
      const diagnosis = valueIn((await resultOf(name)).companionText);
      expect(allFindings(diagnosis), name).to.deep.equal([]);
    }
  });

  for (const { name, expected } of healthy) {
    const { cpuSeconds: most = Number.POSITIVE_INFINITY } = expected;
    for (const run of expected.runs) {
      const title = nameOf(name, run);
      const within = Number.isFinite(most) ? ` within ${most} seconds of processor time` : '';
      it(`finds nothing in ${title}${within}`, async () => {
        const { diagnosis, cpuSeconds } = valueIn((await resultOf(title)).first);
        const { verdict, findings, limits } = diagnosis;
        expect(verdict, [...findings.map(({ explanation }) => explanation), ...limits].join('\n')).to.equal(
          'none',
        );
        expect(findings).to.deep.equal([]);
        expect(cpuSeconds).to.be.at.most(most);
      });
    }
  }
});

/** Builds, lets it hang, takes the cores and diagnoses them. */
async function analysed(
  { build, args = [], fixedArgs = [], withinMs = usualMs, starts = 1, options = [] }: Work,
  goVersion: string,
): Promise<Analyses> {
  const { exe, fixedExe } = await building(build);
  return await running(async () => {
    const companion: Run | undefined =
      fixedExe === undefined ? undefined : { exe: fixedExe, args: fixedArgs };
    await using cores = await coresOf({ exe, args }, { companion, withinMs, goVersion, starts }, signal);
    const taken = cores.companion === undefined ? [cores.first] : [cores.first, cores.companion];
    const analyses = Promise.allSettled(taken.map((core) => analysing(() => analyze(core, options, signal))));
    const read = starts === 1 ? [] : taken;
    const texts = Promise.allSettled(read.map((core) => analysing(() => analyzeText(core, signal))));
    const [first, companionAnalysis] = await analyses;
    const [text, companionText] = await texts;
    if (first === undefined) throw new Error(`nothing was made of ${exe}`);
    return { first, companion: companionAnalysis, text, companionText };
  });
}

function valueIn<T>(settled: PromiseSettledResult<T> | undefined): T {
  if (settled === undefined) throw new Error('nothing was taken');
  if (settled.status === 'rejected') throw settled.reason;
  return settled.value;
}

function nameOf(
  name: string,
  run: { readonly args: readonly string[]; readonly options: readonly string[] },
): string {
  return [name, ...run.args, ...run.options].join(' ');
}

/** One at hand, or one that the go command fetches. */
async function newEnoughGo(): Promise<GoTool> {
  const found = await findGo(localTarget(), signal);
  if (found !== undefined && found.release.minor >= oldestMinor) return found;
  return await ensureGoRelease({ wanted: `1.${oldestMinor}` }, signal);
}
