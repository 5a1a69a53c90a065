import { LabError, messageOf } from '../errors.js';
import { localTarget } from '../targets/local.js';
import type { Target } from '../targets/target.js';
import { type DelveTool, ensureDelve, findDelve } from './delve.js';
import { delveFits } from './delve-choice.js';
import { ensureFacts, type FactsTool, findFacts } from './facts.js';
import { findGo, type GoTool, requireGo } from './go.js';
import { findGdb, findOptional, type Tool } from './locate.js';
import {
  aptInstall,
  candidateVersions,
  canInstall,
  chooseGoPackage,
  goPackages,
  installCommand,
  packageAccess,
  refreshPackageLists,
} from './packages.js';
import { oldestGoMinor, parsePackageMinor } from './versions.js';

export interface Toolchain {
  readonly go: GoTool;
  readonly delve: DelveTool;
  readonly gdb: Tool;
  /** What reads Go sources; without it the analysis has less to go by. */
  readonly facts: FactsTool | undefined;
}

export interface PrepareOptions {
  /** The machine to equip; this one unless named. */
  readonly target?: Target;
  /** Announces a step that takes a while, and runs it. */
  readonly step: <T>(text: string, work: () => Promise<T>) => Promise<T>;
  /** Receives the full output of what is run to install. */
  readonly log: (text: string) => void;
}

/**
 * What the main job needs: Go, gdb, a Delve that reads what this Go builds, and, as far as it can be had, what reads
 * its sources. Installs what is missing.
 * Throws `missing-tool` with one command for all that it may not install itself.
 */
export async function prepareToolchain(options: PrepareOptions, signal: AbortSignal): Promise<Toolchain> {
  const { target = localTarget(), step, log } = options;
  const [found, gdb] = await Promise.all([findGo(target, signal), findGdb(target, signal)]);
  if (found === undefined || gdb === undefined) {
    await installPackages(target, { go: found === undefined, gdb: gdb === undefined }, options, signal);
  }
  const go = found ?? (await requireGo(target, signal));
  const debugger_ = gdb ?? (await requireGdb(target, signal));
  await installWalkTools(target, options, signal);
  const goVersion = go.release.text;
  const delve =
    (await findDelve({ goVersion, install: false, target }, signal)) ??
    (await step(`installing Delve for ${goVersion}`, () =>
      ensureDelve({ goVersion, install: true, target, log }, signal),
    ));
  return { go, delve, gdb: debugger_, facts: await prepareFacts(goVersion, options, signal) };
}

/** Never a reason to stop. It is used on this machine, wherever the rest is. */
async function prepareFacts(
  goVersion: string,
  { step, log }: PrepareOptions,
  signal: AbortSignal,
): Promise<FactsTool | undefined> {
  try {
    const found = await findFacts({ goVersion });
    if (found?.newEnough === true) return found;
    return await step(`building what reads the sources of ${goVersion}`, () =>
      ensureFacts({ goVersion, again: true, log }, signal),
    );
  } catch (error) {
    signal.throwIfAborted();
    log(`${messageOf(error)}\n`);
    return undefined;
  }
}

/** As `findGdb`; throws `missing-tool` with the command that installs gdb. */
export async function requireGdb(target: Target, signal: AbortSignal): Promise<Tool> {
  const gdb = await findGdb(target, signal);
  if (gdb !== undefined) return gdb;
  throw new LabError(`gdb is not installed on ${target.name}`, {
    code: 'missing-tool',
    hint: installCommand(['gdb'], await packageAccess(target, signal)),
  });
}

/** What the article types; the lab runs without them, and says in its checklist what nobody saw. */
const walkTools: ReadonlyMap<string, string> = new Map([
  ['curl', 'curl'],
  ['jq', 'jq'],
  ['nc', 'netcat-openbsd'],
]);

/** Installs the article's small tools where that may be done without asking; never a reason to stop. */
async function installWalkTools(
  target: Target,
  { step, log }: PrepareOptions,
  signal: AbortSignal,
): Promise<void> {
  const seen = await Promise.all(
    [...walkTools].map(async ([name, wanted]) =>
      (await findOptional(target, name, signal)) ? [] : [wanted],
    ),
  );
  const missing = seen.flat();
  const access = await packageAccess(target, signal);
  if (missing.length === 0 || !canInstall(access)) return;
  try {
    await step(`installing ${missing.join(', ')}`, () =>
      aptInstall(target, missing, { access, log }, signal),
    );
  } catch (error) {
    signal.throwIfAborted();
    log(`${messageOf(error)}\n`);
  }
}

async function installPackages(
  target: Target,
  missing: { readonly go: boolean; readonly gdb: boolean },
  { step, log }: PrepareOptions,
  signal: AbortSignal,
): Promise<void> {
  const access = await packageAccess(target, signal);
  let candidates = await candidateVersions(target, [...goPackages, 'gdb', 'delve'], signal);
  if (canInstall(access) && packagesFor(missing, candidates) === undefined) {
    await step('reading the package lists', () => refreshPackageLists(target, { access, log }, signal));
    candidates = await candidateVersions(target, [...goPackages, 'gdb', 'delve'], signal);
  }
  const wanted = packagesFor(missing, candidates);
  if (canInstall(access) && wanted !== undefined) {
    await step(`installing ${wanted.join(', ')}`, () => aptInstall(target, wanted, { access, log }, signal));
    return;
  }
  const names = [...(missing.go ? [`Go 1.${oldestGoMinor} or newer`] : []), ...(missing.gdb ? ['gdb'] : [])];
  const apt = access.kind !== 'none' && (wanted !== undefined || candidates.size === 0);
  throw new LabError(`not installed on ${target.name}: ${names.join(', ')}`, {
    code: 'missing-tool',
    hint: apt
      ? installCommand(wanted ?? defaultPackages(missing), access)
      : `install ${names.join(' and ')} and put ${names.length === 1 ? 'it' : 'them'} on PATH (Go: https://go.dev/dl/)`,
  });
}

function defaultPackages(missing: { readonly go: boolean; readonly gdb: boolean }): readonly string[] {
  return [...(missing.go ? ['golang-go', 'delve'] : []), ...(missing.gdb ? ['gdb'] : [])];
}

/**
 * The packages to install together; `undefined` when apt knows too little. Delve comes along when it reads
 * what that Go builds, which spares building it.
 */
export function packagesFor(
  missing: { readonly go: boolean; readonly gdb: boolean },
  candidates: ReadonlyMap<string, string>,
): readonly string[] | undefined {
  const go = missing.go ? chooseGoPackage(candidates) : undefined;
  if ((missing.go && go === undefined) || (missing.gdb && !candidates.has('gdb'))) return undefined;
  const goMinor = go === undefined ? undefined : minorOf(go, candidates);
  const delveMinor = parsePackageMinor(candidates.get('delve') ?? '');
  const pair =
    goMinor !== undefined &&
    delveMinor !== undefined &&
    delveFits({ minor: delveMinor }, { minor: goMinor }, { minor: goMinor });
  return [...(go === undefined ? [] : [go]), ...(pair ? ['delve'] : []), ...(missing.gdb ? ['gdb'] : [])];
}

function minorOf(goPackage: string, candidates: ReadonlyMap<string, string>): number | undefined {
  return parsePackageMinor(/\d+\.\d+/.exec(goPackage)?.[0] ?? candidates.get(goPackage) ?? '');
}
