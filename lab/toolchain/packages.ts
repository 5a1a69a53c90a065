import { LabError } from '../errors.js';
import type { Target } from '../targets/target.js';
import { oldestGoMinor, parsePackageMinor } from './versions.js';

/**
 * What may be done with apt on a target: everything (`root`), everything through a sudo that asks nothing
 * (`sudo`), nothing without a person (`no-rights`), or there is no apt (`none`).
 */
export type PackageAccess =
  | { readonly kind: 'root' | 'sudo' | 'none' }
  | { readonly kind: 'no-rights'; readonly sudo: boolean };

export async function packageAccess(target: Target, signal: AbortSignal): Promise<PackageAccess> {
  if (!(await runs(target, ['apt-get', '--version'], signal))) return { kind: 'none' };
  const { stdout } = await target.exec(['id', '-u'], { signal });
  if (stdout.trim() === '0') return { kind: 'root' };
  if (!(await runs(target, ['sudo', '-V'], signal))) return { kind: 'no-rights', sudo: false };
  const asked = await runs(target, ['sudo', '-n', 'true'], signal);
  return asked ? { kind: 'sudo' } : { kind: 'no-rights', sudo: true };
}

export function canInstall(access: PackageAccess): boolean {
  return access.kind === 'root' || access.kind === 'sudo';
}

/** The command, as a person types it, that installs the packages. */
export function installCommand(packages: readonly string[], access: PackageAccess): string {
  const names = packages.join(' ');
  switch (access.kind) {
    case 'root':
      return `apt-get update && apt-get install -y ${names}`;
    case 'none':
      return `install with your system's package manager: ${names}`;
    case 'no-rights':
      if (!access.sudo) return `su -c 'apt-get update && apt-get install -y ${names}'`;
      return `sudo apt-get update && sudo apt-get install -y ${names}`;
    case 'sudo':
      return `sudo apt-get update && sudo apt-get install -y ${names}`;
  }
}

export interface InstallOptions {
  readonly access: PackageAccess;
  /** Receives the full output of apt. */
  readonly log?: ((text: string) => void) | undefined;
}

const aptTimeoutMs = 20 * 60_000;

/** Installs Debian packages. Throws `missing-tool` with the command to type when that is not possible. */
export async function aptInstall(
  target: Target,
  packages: readonly string[],
  { access, log }: InstallOptions,
  signal: AbortSignal,
): Promise<void> {
  const hint = installCommand(packages, access);
  if (!canInstall(access)) {
    throw new LabError(`not installed: ${packages.join(', ')}`, { code: 'missing-tool', hint });
  }
  const install = ['install', '-y', '--no-install-recommends', ...packages];
  const first = await apt(target, access, install, log, signal);
  if (first.exitCode === 0) return;
  // Lists that are absent or out of date look like packages that do not exist.
  await refreshPackageLists(target, { access, log }, signal);
  const second = await apt(target, access, install, log, signal);
  if (second.exitCode === 0) return;
  throw new LabError(`apt-get install ${packages.join(' ')} ended with exit code ${second.exitCode}`, {
    code: 'missing-tool',
    hint,
    details: { stderr: second.stderr.slice(-2_000) },
  });
}

/** Fetches apt's lists anew; a failure shows itself in the install that follows. */
export async function refreshPackageLists(
  target: Target,
  { access, log }: InstallOptions,
  signal: AbortSignal,
): Promise<void> {
  if (canInstall(access)) await apt(target, access, ['update'], log, signal);
}

async function apt(
  target: Target,
  access: PackageAccess,
  args: readonly string[],
  log: ((text: string) => void) | undefined,
  signal: AbortSignal,
) {
  // Through env(1), since sudo drops variables. Another apt at work is waited for.
  const argv = [
    ...(access.kind === 'sudo' ? ['sudo', '-n'] : []),
    ...['env', 'DEBIAN_FRONTEND=noninteractive', 'LC_ALL=C', 'apt-get', '-o', 'DPkg::Lock::Timeout=300'],
    ...args,
  ];
  const result = await target.exec(argv, { signal, timeoutMs: aptTimeoutMs });
  log?.(`$ ${argv.join(' ')}\n${result.stdout}${result.stderr}`);
  return result;
}

/** Versions that apt would install, by package; packages that it does not know are absent. */
export async function candidateVersions(
  target: Target,
  packages: readonly string[],
  signal: AbortSignal,
): Promise<ReadonlyMap<string, string>> {
  if (packages.length === 0 || !(await runs(target, ['apt-cache', '--version'], signal))) return new Map();
  const { stdout } = await target.exec(['apt-cache', 'policy', ...packages], {
    signal,
    env: { LC_ALL: 'C' },
  });
  return parsePolicy(stdout);
}

/** Parses `apt-cache policy`. */
export function parsePolicy(output: string): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  let name: string | undefined;
  for (const line of output.split('\n')) {
    name = /^(\S+):$/.exec(line)?.[1] ?? name;
    const candidate = /^ {2}Candidate: (\S+)$/.exec(line)?.[1];
    if (name !== undefined && candidate !== undefined && candidate !== '(none)') found.set(name, candidate);
  }
  return found;
}

/**
 * The package to install for Go: `golang-go` when it is new enough, else the newest `golang-1.N-go` beside
 * it (Ubuntu 22.04 has Go 1.18 under the first name and newer ones under the others).
 */
export function chooseGoPackage(candidates: ReadonlyMap<string, string>): string | undefined {
  const standard = candidates.get('golang-go');
  if (standard !== undefined && (parsePackageMinor(standard) ?? 0) >= oldestGoMinor) return 'golang-go';
  const minorOf = (name: string): number => Number(/^golang-1\.(\d+)-go$/.exec(name)?.[1] ?? 0);
  const [newest] = [...candidates.keys()]
    .filter((name) => minorOf(name) >= oldestGoMinor)
    .sort((a, b) => minorOf(b) - minorOf(a));
  return newest;
}

/** The names of {@link chooseGoPackage}'s candidates that apt may know. */
export const goPackages: readonly string[] = [
  'golang-go',
  ...Array.from({ length: 20 }, (_, index) => `golang-1.${oldestGoMinor + index}-go`),
];

async function runs(target: Target, argv: readonly string[], signal: AbortSignal): Promise<boolean> {
  try {
    return (await target.exec(argv, { signal, timeoutMs: 20_000 })).exitCode === 0;
  } catch (error) {
    if (error instanceof LabError && error.code === 'missing-tool') return false;
    throw error;
  }
}
