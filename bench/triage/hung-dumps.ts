import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { execa } from 'execa';
import { z } from 'zod';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';
import { scenarios } from '../../lab/scenarios/index.js';
import { localTarget } from '../../lab/targets/local.js';
import { requireGo } from '../../lab/toolchain/index.js';
import { coresOf } from '../../test/real/case-cores.js';
import { buildCase } from '../../test/real/case-program.js';
import { type FaultyCase, readCases } from '../../test/real/reported-case.js';

/** A program that hangs, and what its goroutines were when it did, as SIGQUIT prints them. */
export interface HungProgram {
  readonly name: string;
  hang(signal: AbortSignal): Promise<string>;
}

const caseStarts = 6;
const quitMs = 20_000;

/** Scenarios that need no other server, one of each program, then reported deadlocks; `count` in all. */
export function hungPrograms(count: number, runs: string): readonly HungProgram[] {
  const here = scenarios.filter(
    ({ server, package: of }, i) =>
      server.needs === undefined && scenarios.findIndex((other) => other.package === of) === i,
  );
  const fromScenarios = here.map(({ name }) => ({
    name,
    hang: (signal: AbortSignal) => hangScenario(name, runs, signal),
  }));
  const fromCases = readCases().faulty.map((one) => ({
    name: one.name.replaceAll('/', '-'),
    hang: (signal: AbortSignal) => hangCase(one, signal),
  }));
  const all = [...fromScenarios, ...fromCases];
  if (all.length < count) throw new Error(`there are only ${all.length} programs that hang`);
  return all.slice(0, count);
}

const stageSchema = z.looseObject({ dir: z.string() });

const runSchema = z.looseObject({
  stages: z.looseObject({
    start: z.looseObject({
      result: z.looseObject({ identity: z.looseObject({ pid: z.number() }), logFile: z.string() }),
    }),
  }),
});

/** The stages as one types them, up to the load; then a signal in place of a core. */
async function hangScenario(name: string, runs: string, signal: AbortSignal): Promise<string> {
  const provisioned = await typed(['provision', name, '--port', '0', '--pprof-port', '0'], runs, signal);
  const { dir } = stageSchema.parse(JSON.parse(provisioned));
  for (const stage of ['build', 'start', 'load']) await typed([stage], runs, signal);
  const { stages } = runSchema.parse(JSON.parse(await readFile(join(dir, 'run.json'), 'utf8')));
  const { identity, logFile } = stages.start.result;
  process.kill(identity.pid, 'SIGQUIT');
  const ended = async () => {
    const stat = await readFile(`/proc/${identity.pid}/stat`, 'latin1').catch(() => ' Z ');
    return / [ZX] /.test(stat) || undefined;
  };
  await poll(ended, { signal, deadlineMs: quitMs, everyMs: 50 });
  const text = await readFile(logFile, 'utf8');
  await rm(dir, { recursive: true });
  return text;
}

async function typed(words: readonly string[], runs: string, signal: AbortSignal): Promise<string> {
  const argv = ['dist/scripts/lab.js', ...words, '--json', '--quiet'];
  const child = await execa(process.execPath, argv, {
    ...{ cwd: projectRoot, env: { LAB_RUNS: runs }, reject: false, stdin: 'ignore', cancelSignal: signal },
  });
  if (child.exitCode !== 0) throw new Error(`lab ${words.join(' ')}: ${child.stderr.slice(-500)}`);
  return child.stdout;
}

async function hangCase(one: FaultyCase, signal: AbortSignal): Promise<string> {
  const go = await requireGo(localTarget(), signal);
  const { exe } = await buildCase(one, go, signal);
  const withinMs = one.expected.seconds * 1_000;
  const options = { withinMs, goVersion: `go${go.version}`, starts: caseStarts };
  await using taken = await coresOf({ exe, args: [] }, options, signal);
  return await readFile(taken.first.dump, 'utf8');
}
