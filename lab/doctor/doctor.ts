import { setMaxListeners } from 'node:events';
import { LabError, messageOf } from '../errors.js';
import { cacheFolder } from '../paths.js';
import { localTarget } from '../targets/local.js';
import type { Target } from '../targets/target.js';
import { delveInstallCommand, findDelve, listDelves } from '../toolchain/delve.js';
import { chooseDelve } from '../toolchain/delve-choice.js';
import { ensureFacts, prepareCommand } from '../toolchain/facts.js';
import { findGo, goInstallCommand } from '../toolchain/go.js';
import { findOptional } from '../toolchain/locate.js';
import { installCommand, type PackageAccess, packageAccess } from '../toolchain/packages.js';
import { oldestGoMinor } from '../toolchain/versions.js';
import { folderRow, foldersHere, folderThere } from './folders.js';
import { examineMachine } from './machine.js';
import type { SeenRow } from './row.js';

/** One line of `lab doctor`. Only `missing` keeps the main job from running. */
export interface DoctorRow extends SeenRow {
  /** `this machine`, or the target as it is named on the command line. */
  readonly host: string;
}

export interface ExamineOptions {
  /** Where runs are stored; the project's `runs/` unless named. */
  readonly runsFolder?: string;
  /** Ports that the scenarios name. */
  readonly ports?: readonly number[];
}

type Check = (signal: AbortSignal) => Promise<readonly SeenRow[]>;

/** Looks at every tool, permission and limit that the lab needs. A check that breaks becomes a `warning`. */
export async function examine(
  target: Target,
  caller: AbortSignal,
  options: ExamineOptions = {},
): Promise<readonly DoctorRow[]> {
  const signal = AbortSignal.any([caller]);
  setMaxListeners(0, signal); // many commands at once listen to it
  const access = await packageAccess(target, signal);
  const here = localTarget();
  const hereAccess = target.kind === 'local' ? access : await packageAccess(here, signal);
  const remote = target.kind !== 'local';
  const onThis: Readonly<Record<string, Check>> = {
    Node: async () => [nodeRow(process.versions.node)],
    npm: async () => [await toolRow(here, 'npm', 'any', undefined, signal)],
    Delve: async () => [await delveRow(target, here, signal)],
    facts: async () => [await factsRow(here, signal)],
    optional: async () => await optionalRows(here, hereAccess, signal),
    folders: async () =>
      await Promise.all(foldersHere(options.runsFolder).map((one) => folderRow(here, one, signal))),
  };
  const onTarget: Readonly<Record<string, Check>> = {
    Go: async () => [await goRow(target, signal)],
    gdb: async () => [await toolRow(target, 'gdb', 'any', { packages: ['gdb'], access }, signal)],
    gcore: async () => [await toolRow(target, 'gcore', 'any', { packages: ['gdb'], access }, signal)],
    machine: async () => await examineMachine(target, access, options.ports ?? defaultPorts, signal),
    ...(remote ? { disk: async () => [await folderRow(target, folderThere(target), signal)] } : {}),
  };
  const hosts = [
    { host: 'this machine', checks: onThis },
    { host: remote ? target.name : 'this machine', checks: onTarget },
  ];
  const rows = hosts.flatMap(({ host, checks }) =>
    Object.entries(checks).map(async ([name, check]): Promise<readonly DoctorRow[]> => {
      try {
        return (await check(signal)).map((row) => ({ ...row, host }));
      } catch (error) {
        signal.throwIfAborted();
        const found = `not examined: ${messageOf(error)}`;
        return [{ name, host, status: 'warning', found, needed: 'an answer' }];
      }
    }),
  );
  return (await Promise.all(rows)).flat();
}

/** 0 when nothing required is missing, else 69. */
export function doctorExitCode(rows: readonly SeenRow[]): 0 | 69 {
  return rows.some(({ status }) => status === 'missing') ? 69 : 0;
}

const defaultPorts = [10080, 10081];

/** The Node versions of package.json's `engines`. */
export function nodeRow(version: string): SeenRow {
  const [major = 0, minor = 0] = version.split('.').map(Number);
  const ok = (major === 20 && minor >= 19) || (major === 22 && minor >= 12) || major > 22;
  const row = { name: 'Node', found: `v${version}`, needed: '20.19 or newer of 20, else 22.12 or newer' };
  return ok
    ? { ...row, status: 'ok' }
    : { ...row, status: 'missing', mend: 'install Node 20 or newer from https://nodejs.org/en/download' };
}

async function goRow(target: Target, signal: AbortSignal): Promise<SeenRow> {
  const go = await findGo(target, signal);
  const needed = `1.${oldestGoMinor} or newer`;
  return go === undefined
    ? { name: 'Go', status: 'missing', found: 'none', needed, mend: await goInstallCommand(target, signal) }
    : { name: 'Go', status: 'ok', found: `${go.release.text}, ${go.path}`, needed };
}

async function delveRow(target: Target, here: Target, signal: AbortSignal): Promise<SeenRow> {
  const go = await findGo(target, signal);
  if (go === undefined) {
    return { name: 'Delve', status: 'missing', found: 'not decided without Go', needed: 'a compatible one' };
  }
  const goVersion = go.release.text;
  const needed = `one that reads ${goVersion}`;
  const fitting = await findDelve({ goVersion, install: false, target: here }, signal);
  if (fitting !== undefined) {
    return { name: 'Delve', status: 'ok', found: `${fitting.version}, ${fitting.path}`, needed };
  }
  const others = (await listDelves(here, cacheFolder(), signal)).map(
    ({ version, path }) => `${version}, ${path}`,
  );
  const builder = target.kind === 'local' ? go : await findGo(here, signal);
  const [choice] = builder === undefined ? [] : chooseDelve(go.release, builder.release);
  return {
    name: 'Delve',
    status: 'missing',
    found: others.length === 0 ? 'none' : `does not fit: ${others.join('; ')}`,
    needed,
    mend:
      choice === undefined
        ? 'install a newer Go from https://go.dev/dl/ and run `npx lab doctor` again'
        : delveInstallCommand(choice),
  };
}

/** It is no part of what the main job cannot do without: an analysis says what it lacks. */
async function factsRow(here: Target, signal: AbortSignal): Promise<SeenRow> {
  const go = await findGo(here, signal);
  const goVersion = go?.release.text ?? `go1.${oldestGoMinor}`;
  const row = { name: 'facts', needed: `to read sources of ${goVersion}` };
  try {
    const { version, path, newEnough } = await ensureFacts({ goVersion, install: false }, signal);
    if (newEnough) return { ...row, status: 'ok', found: `${version}, ${path}` };
    return { ...row, status: 'warning', found: `older: ${version}, ${path}`, mend: prepareCommand };
  } catch (error) {
    if (!(error instanceof LabError) || error.hint === undefined) throw error;
    return { ...row, status: 'warning', found: 'none', mend: error.hint };
  }
}

async function toolRow(
  target: Target,
  name: string,
  needed: string,
  source: { readonly packages: readonly string[]; readonly access: PackageAccess } | undefined,
  signal: AbortSignal,
  absent: 'missing' | 'warning' = 'missing',
): Promise<SeenRow> {
  const tool = await findOptional(target, name, signal);
  if (tool !== undefined) {
    const found = tool.version === undefined ? tool.path : `${tool.version}, ${tool.path}`;
    return { name, status: 'ok', found, needed };
  }
  const mend = source === undefined ? {} : { mend: installCommand(source.packages, source.access) };
  return { name, status: absent, found: 'none', needed, ...mend };
}

/** Tools without which the main job still runs, with the Debian packages that hold them. */
const optionalTools: readonly (readonly [name: string, packages: readonly string[], purpose: string])[] = [
  ['wrk', ['wrk'], 'optional: the second load driver'],
  ['curl', ['curl'], "optional: the article's walk"],
  ['jq', ['jq'], "optional: the article's walk"],
  ['nc', ['netcat-openbsd'], "optional: the article's walk"],
  ['fallocate', ['util-linux'], 'optional: small cores'],
  ['haproxy', ['haproxy'], 'optional: lab run fleet'],
  ['nginx', ['nginx'], 'optional: lab run fleet --balancer nginx'],
  ['caddy', ['caddy'], 'optional: lab run fleet --balancer caddy'],
];

async function optionalRows(
  target: Target,
  access: PackageAccess,
  signal: AbortSignal,
): Promise<readonly SeenRow[]> {
  const rows = optionalTools.map(([name, packages, purpose]) =>
    toolRow(target, name, purpose, { packages, access }, signal, 'warning'),
  );
  return await Promise.all(rows);
}
