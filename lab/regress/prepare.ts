import { availableParallelism } from 'node:os';
import { resolve } from 'node:path';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { makeFolder } from '../make-folder.js';
import { scenarios } from '../scenarios/index.js';
import type { Shard } from '../shard.js';
import type { Target } from '../targets/target.js';
import { type DelveTool, ensureDelve, type listDelves } from '../toolchain/delve.js';
import { delveFits } from '../toolchain/delve-choice.js';
import { ensureDelveRelease } from '../toolchain/delve-release.js';
import { findGo, type GoTool, goEnvironment, listEveryGo } from '../toolchain/go.js';
import { requireGdb } from '../toolchain/prepare.js';
import { parseGoVersion } from '../toolchain/versions.js';
import { readBundles, type StoredBundle } from './bundles.js';
import { identify, planCells, selectNames } from './matrix.js';
import type { Plan, PlannedCell } from './plan.js';
import { resolvePairs, whyUnfit } from './toolchains.js';

export interface RegressOptions {
  /** A glob of scenario names. */
  readonly only?: string | undefined;
  /** Versions of Go; of stored bundles, those to analyse. */
  readonly go: readonly string[];
  readonly delve: readonly string[];
  readonly jobs?: number | undefined;
  /** Seconds for one cell; 120 when left out. */
  readonly timeLimit?: number | undefined;
  readonly keep?: string | undefined;
  /** Folder of stored bundles: they are analysed, and nothing is driven. */
  readonly cores?: string | undefined;
  /** Which part of the cells. */
  readonly shard?: Shard | undefined;
}

const defaultTimeLimit = 120;

/** What is to be done, with every tool at hand. Throws `usage` when no cell is left, `missing-tool`. */
export async function prepare(
  options: RegressOptions,
  target: Target,
  emit: Emit,
  signal: AbortSignal,
): Promise<Plan> {
  const { cores, keep, shard } = options;
  const parts =
    cores === undefined
      ? await prepareLive(options, target, emit, signal)
      : await prepareCores(options, cores, target, emit, signal);
  const why = parts.cells.find(({ notApplicable }) => notApplicable !== undefined)?.notApplicable;
  if (parts.cells.every(({ notApplicable }) => notApplicable !== undefined)) {
    throw new LabError(`no cell is left to run${why === undefined ? '' : `: ${why}`}`, {
      code: 'usage',
      hint: 'leave out --dlv: each Go then gets a compatible Delve',
    });
  }
  if (keep !== undefined) await makeFolder(keep, 0o700);
  return {
    schema: 'lab.regress.plan/1',
    mode: cores === undefined ? 'live' : 'cores',
    startedAt: new Date().toISOString(),
    jobs: options.jobs ?? availableParallelism(),
    timeLimitMs: (options.timeLimit ?? defaultTimeLimit) * 1000,
    keep: keep === undefined ? null : resolve(keep),
    ...parts,
    ...(shard === undefined ? {} : { shard, cells: dealt(parts.cells, shard) }),
  };
}

/** Every part gets its share of each scenario's and each Go's cells: they are dealt one after the other. */
function dealt(cells: readonly PlannedCell[], { index, count }: Shard): PlannedCell[] {
  return cells.filter((_, i) => i % count === index - 1);
}

type Parts = Pick<Plan, 'gos' | 'delves' | 'cells'>;

async function prepareLive(
  { only, go, delve }: RegressOptions,
  target: Target,
  emit: Emit,
  signal: AbortSignal,
): Promise<Parts> {
  const chosen = selectNames(scenarios, only);
  await requireGdb(target, signal);
  const pairs = await resolvePairs({ go, delve }, target, emit, signal);
  return {
    gos: onceEach(pairs.map((pair) => pair.go)),
    delves: onceEach(pairs.map((pair) => pair.delve)),
    cells: [...planCells(chosen, pairs)],
  };
}

async function prepareCores(
  { only, go, delve }: RegressOptions,
  folder: string,
  target: Target,
  emit: Emit,
  signal: AbortSignal,
): Promise<Parts> {
  const stored = await readBundles(folder);
  const names = new Set(selectNames(scenarioNames(stored), only).map(({ name }) => name));
  const chosen = stored.filter(
    ({ cell }) => names.has(cell.scenario) && (go.length === 0 || go.some((wanted) => isOf(cell.go, wanted))),
  );
  const versions = [...new Set(chosen.map(({ cell }) => cell.go))];
  const gos = await rootsOf(versions, target, signal);
  const delves = await delvesFor(versions, delve, target, emit, signal);
  const known = new Set(scenarios.map(({ name }) => name));
  const cells: PlannedCell[] = [];
  for (const { dir, cell } of chosen) {
    for (const tool of delves.get(cell.go) ?? []) {
      const { scenario, variant, go: version } = cell;
      const planned = identify({ scenario, variant, go: version, delve: tool.version });
      const gone = known.has(scenario) ? tool.unfit : `there is no scenario ${scenario} any more`;
      const twins = cells.filter(({ id }) => id === planned.id || id.startsWith(`${planned.id}_`)).length;
      cells.push({
        ...planned,
        ...(twins === 0 ? {} : { id: `${planned.id}_${twins + 1}` }),
        ...(gone === undefined ? {} : { notApplicable: gone }),
        bundle: dir,
      });
    }
  }
  return { gos: [...gos], delves: onceEach([...delves.values()].flat()), cells };
}

function scenarioNames(stored: readonly StoredBundle[]): readonly { readonly name: string }[] {
  return [...new Set(stored.map(({ cell }) => cell.scenario))].map((name) => ({ name }));
}

/** Where the standard library of each version lies here, as far as it does. */
async function rootsOf(
  versions: readonly string[],
  target: Target,
  signal: AbortSignal,
): Promise<Plan['gos']> {
  const atHand = await listEveryGo(target, [], signal);
  const found: Plan['gos'] = [];
  for (const wanted of versions) {
    const go = atHand.find(({ version }) => version === wanted);
    if (go === undefined) continue;
    const { stdout } = await target.exec([go.path, 'env', 'GOROOT'], { signal, env: goEnvironment });
    found.push({ ...go, root: stdout.trim() });
  }
  return found;
}

interface MaybeFit extends DelveTool {
  readonly unfit?: string;
}

/** By version of Go: the Delves that are to read its programs. */
async function delvesFor(
  versions: readonly string[],
  asked: readonly string[],
  target: Target,
  emit: Emit,
  signal: AbortSignal,
): Promise<ReadonlyMap<string, readonly MaybeFit[]>> {
  const programs = versions.flatMap((version) => parseGoVersion(version) ?? []);
  const builder = asked.length === 0 ? undefined : await findGo(target, signal);
  const builders: readonly GoTool[] = builder === undefined ? [] : [builder];
  const byGo = new Map<string, readonly MaybeFit[]>();
  const listed: Awaited<ReturnType<typeof listDelves>>[number][] = [];
  for (const wanted of asked) {
    listed.push(await ensureDelveRelease({ wanted, programs, builders, target, emit }, signal));
  }
  for (const program of programs) {
    const version = program.text.slice('go'.length);
    if (asked.length === 0) {
      byGo.set(version, [await ensureDelve({ goVersion: program.text, target, emit }, signal)]);
      continue;
    }
    byGo.set(
      version,
      listed.map(({ path, version: delve, release, builtWith }) => ({
        path,
        version: delve,
        ...(delveFits(release, builtWith, program) ? {} : { unfit: whyUnfit(delve, { release: program }) }),
      })),
    );
  }
  return byGo;
}

function isOf(version: string, wanted: string): boolean {
  return version === wanted || version.startsWith(`${wanted}.`);
}

function onceEach<T extends { readonly version: string }>(tools: readonly T[]): T[] {
  return tools.filter((tool, i) => tools.findIndex(({ version }) => version === tool.version) === i);
}
