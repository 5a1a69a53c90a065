import { existsSync } from 'node:fs';
import { expect } from 'chai';
import type { Diagnosis } from '../../lab/analysis/model/diagnosis.js';
import { complaints, expectations, expectationsOfFixed } from '../../lab/expectation.js';
import { goRootOf, sourceMapOf } from '../../lab/run-sources.js';
import { scenarios } from '../../lab/scenarios/index.js';
import type { Scenario } from '../../lab/scenarios/scenario.js';
import { sized } from '../../lab/scenarios/sized.js';
import { startedServerSchema } from '../../lab/server/start.js';
import { openRun } from '../../lab/store/run-store.js';
import { findDelve } from '../../lab/toolchain/index.js';
import { goTools } from '../hung-program.js';
import { startLab } from '../lab-process.js';
import { resultOf, sideBySide } from '../side-by-side.js';
import { tempFolder } from '../temp-folder.js';
import { coresOfOne, expectSameInDebuggers, expectSameOfAll } from './stopped-cores.js';

const { signal } = new AbortController();
const [go] = await goTools(signal);
/** As few as that are as good. */
const small = { size: 500 } as const;

/** Repaired, they serve. */
const healthy = new Set(['blog', 'orders']);
const programs = new Map<string, { readonly scenario: Scenario; readonly fixed: boolean }>(
  scenarios.flatMap((scenario) => [
    [scenario.name, { scenario, fixed: false }] as const,
    ...(healthy.has(scenario.name)
      ? [[`${scenario.name}, repaired`, { scenario, fixed: true }] as const]
      : []),
  ]),
);

describe('the cores of a scenario, as debuggers and the lab read them,', function () {
  this.timeout(240_000);
  let results = new Map<string, Promise<Diagnosis>>();
  before(async function () {
    const delve = go && (await findDelve({ goVersion: go.version, install: false }, signal));
    if (go === undefined || delve === undefined) return this.skip();
    // One is looked at while the next is made to hang.
    results = sideBySide([...programs.keys()], (name) => comparedCores(name, go.version), 2);
    for (const result of results.values()) result.catch(() => undefined);
  });
  after(async () => {
    await Promise.allSettled(results.values());
  });

  for (const [name, { scenario, fixed }] of programs) {
    it(`are the same by gdb and by the helper, whole and without data: ${name}`, async () => {
      const diagnosis = await resultOf(results, name);
      const rows = fixed ? expectationsOfFixed(diagnosis) : expectations(diagnosis, sized(scenario, small));
      expect(complaints(rows), diagnosis.summary).to.deep.equal([]);
    });
  }
});

/** Makes the scenario hang, takes its cores at one moment, and compares what is seen in them; their diagnosis. */
async function comparedCores(name: string, goVersion: string): Promise<Diagnosis> {
  const program = programs.get(name);
  if (program === undefined) throw new Error(`no scenario is called ${name}`);
  const { scenario, fixed } = program;
  await using folder = await tempFolder();
  const lab = async (...args: readonly string[]) => {
    const { exitCode, stdout, stderr } = await startLab([...args, '--json'], { LAB_RUNS: folder.path }).ended;
    expect(exitCode, stderr).to.equal(0);
    return String(JSON.parse(stdout).dir);
  };
  const options = [
    ...(scenario.drive.kind === 'stampede' ? ['--size', String(small.size)] : []),
    ...(fixed ? ['--fixed', '--load-timeout', '5'] : []),
  ];
  const dir = await lab('provision', scenario.name, '--port', '0', '--pprof-port', '0', ...options);
  try {
    for (const stage of ['build', 'start', 'load']) await lab(stage, '--run', dir);
    const run = await openRun(dir);
    const { identity } = run.resultOf('start', startedServerSchema);
    const cores = await coresOfOne(identity.pid, goVersion, folder);
    process.kill(identity.pid, 'SIGKILL');
    const sources = { sourceMap: sourceMapOf(run), goRoot: goRootOf(run) };
    const [diagnosis] = await Promise.all([
      expectSameOfAll(cores, sources),
      expectSameInDebuggers(cores, folder),
    ]);
    return diagnosis;
  } finally {
    if (existsSync(dir)) await startLab(['stop', '--run', dir], { LAB_RUNS: folder.path }).ended;
  }
}
