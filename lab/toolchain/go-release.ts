import { chmod, readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { cacheFolder } from '../paths.js';
import { localTarget } from '../targets/local.js';
import type { Target } from '../targets/target.js';
import { isNetworkFailure } from './delve-build.js';
import { findGo, type GoTool, goEnvironment, listEveryGo } from './go.js';
import { candidateVersions, goPackages, installCommand, packageAccess } from './packages.js';
import { newerGo, oldestGoMinor, parseGoVersion } from './versions.js';

export interface GoReleaseOptions {
  /** `1.23` for the newest patch of a minor, or one release: `1.23.12`, `1.27rc1`. */
  readonly wanted: string;
  readonly target?: Target;
  /** Where fetched toolchains are kept; {@link cacheFolder} unless named. */
  readonly cache?: string;
  readonly emit?: Emit | undefined;
}

const module = 'golang.org/toolchain';
const downloadTimeoutMs = 10 * 60_000;
const architectures: Readonly<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

/**
 * A Go of that version: one at hand, else fetched by the go command through the module proxy, which checks it
 * against the checksum database; a user who switched that off is told so. Throws `usage` for what is no version
 * the lab works with, `missing-tool` with the command that installs it otherwise.
 */
export async function ensureGoRelease(options: GoReleaseOptions, signal: AbortSignal): Promise<GoTool> {
  const { target = localTarget(), cache = cacheFolder(), emit } = options;
  const wanted = options.wanted.replace(/^go/, '');
  const release = /^1\.\d+(?:\.\d+|(?:beta|rc)\d+)?$/.test(wanted) ? parseGoVersion(wanted) : undefined;
  if (release === undefined || release.minor < oldestGoMinor) {
    throw new LabError(`${options.wanted} is no version of Go that the lab works with`, {
      code: 'usage',
      hint: `name one from 1.${oldestGoMinor} on, for example --go 1.23 or --go 1.23.12`,
    });
  }
  const folders = [join(cache, 'go-modules', 'golang.org', 'toolchain@*', 'bin')];
  const atHand = await listEveryGo(target, folders, signal);
  const found = chooseGoRelease(wanted, atHand);
  if (found !== undefined) return found;
  const fetcher = (await findGo(target, signal)) ?? atHand[0];
  if (fetcher === undefined)
    throw await notToBeHad(wanted, 'there is no Go that could fetch it', target, signal);
  const fetched = await fetchGo({ wanted, target, fetcher, emit }, join(cache, 'go-modules'), signal);
  if (typeof fetched !== 'string') return fetched;
  throw await notToBeHad(wanted, fetched, target, signal);
}

/** Of the Gos at hand the first of that very release, else the newest of that minor. */
export function chooseGoRelease(wanted: string, atHand: readonly GoTool[]): GoTool | undefined {
  const exact = atHand.find(({ version }) => version === wanted);
  if (exact !== undefined || !/^1\.\d+$/.test(wanted)) return exact;
  const released = atHand.filter(({ version }) => new RegExp(`^${wanted}(?:\\.|$)`).test(version));
  return released.toSorted((a, b) => newerGo(a.release, b.release))[0];
}

/** The newest release of a minor among the module's versions; a release that is named in full is itself. */
export function newestRelease(
  wanted: string,
  versions: readonly string[],
  platform: string,
): string | undefined {
  const releases = versions.flatMap((version) => {
    const text = new RegExp(`^v0\\.0\\.1-go(1\\.[^-]+)\\.${platform}$`).exec(version)?.[1];
    return text === undefined ? [] : [text];
  });
  if (releases.includes(wanted) && (!/^1\.\d+$/.test(wanted) || releases.length === 1)) return wanted;
  const ofMinor = releases.filter((text) => new RegExp(`^${wanted}(?:\\.\\d+)?$`).test(text));
  const patch = (text: string): number => parseGoVersion(text)?.patch ?? 0;
  return ofMinor.toSorted((a, b) => patch(b) - patch(a))[0];
}

interface Fetch {
  readonly wanted: string;
  readonly target: Target;
  readonly fetcher: GoTool;
  readonly emit: Emit | undefined;
}

/** The toolchain, or what the go command said when it could not be had. */
async function fetchGo(
  { wanted, target, fetcher, emit }: Fetch,
  modules: string,
  signal: AbortSignal,
): Promise<GoTool | string> {
  const architecture = architectures[process.arch];
  if (architecture === undefined) return `Go has no toolchain module for ${process.arch}`;
  const platform = `linux-${architecture}`;
  // The modules of the user's own cache stay as they are; what the user decided on proxies and checksums holds.
  const env = { ...goEnvironment, GOMODCACHE: modules };
  const go = async (...args: readonly string[]) =>
    await target.exec([fetcher.path, ...args], {
      signal,
      env,
      cwd: tmpdir(),
      timeoutMs: downloadTimeoutMs,
    });
  const listed = await go('list', '-m', '-versions', '-json', module);
  if (listed.exitCode !== 0) return lastLines(listed.stderr);
  const versions = listSchema.parse(JSON.parse(listed.stdout)).Versions;
  const release = newestRelease(wanted, versions, platform);
  if (release === undefined) return `the module proxy has no Go ${wanted} for ${platform}`;
  const unchecked = await checksumsSwitchedOff(go);
  if (unchecked !== undefined) {
    emit?.({
      type: 'note',
      text: `Go ${release} is not checked against the checksum database: ${unchecked}`,
    });
  }
  emit?.({ type: 'note', text: `fetching Go ${release} through the module proxy` });
  const got = await go(
    'mod',
    'download',
    '-modcacherw',
    '-json',
    `${module}@v0.0.1-go${release}.${platform}`,
  );
  const { Dir: folder, Error: said } = downloadSchema.parse(parseJson(got.stdout));
  if (got.exitCode !== 0 || folder === undefined) return lastLines(said ?? got.stderr);
  await makeExecutable(folder);
  const path = join(folder, 'bin', 'go');
  const parsed = parseGoVersion(
    (await target.exec([path, 'version'], { signal, env: goEnvironment })).stdout,
  );
  if (parsed === undefined) return `${path} does not run`;
  return { path, version: parsed.text.slice('go'.length), release: parsed };
}

const listSchema = z.looseObject({ Versions: z.array(z.string()).default([]) });
const downloadSchema = z.looseObject({ Dir: z.string().optional(), Error: z.string().optional() });

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}

/** Why the go command will not ask the checksum database; `undefined` when it will. */
async function checksumsSwitchedOff(
  go: (...args: readonly string[]) => Promise<{ readonly stdout: string }>,
): Promise<string | undefined> {
  const { stdout } = await go('env', 'GOSUMDB', 'GONOSUMDB', 'GOFLAGS');
  const [database = '', none = '', flags = ''] = stdout.split('\n');
  if (database === 'off') return 'GOSUMDB is off';
  if (/(^|,)(\*|golang\.org)(\/\S*)?(,|$)/.test(none)) return `GONOSUMDB is ${none}`;
  return /(^|\s)-insecure(\s|=true|$)/.test(flags) ? 'GOFLAGS has -insecure' : undefined;
}

/** Modules hold plain files only: the go command sets these bits when it runs a toolchain that it fetched itself. */
async function makeExecutable(folder: string): Promise<void> {
  for (const programs of ['bin', join('pkg', 'tool')]) {
    const entries = await readdir(join(folder, programs), { recursive: true, withFileTypes: true });
    for (const entry of entries) if (entry.isFile()) await chmod(join(entry.parentPath, entry.name), 0o755);
  }
}

async function notToBeHad(
  wanted: string,
  why: string,
  target: Target,
  signal: AbortSignal,
): Promise<LabError> {
  const access = await packageAccess(target, signal);
  const minor = /^1\.\d+/.exec(wanted)?.[0] ?? wanted;
  const known = access.kind === 'none' ? new Map() : await candidateVersions(target, goPackages, signal);
  const name = `golang-${minor}-go`;
  const checksum = /verifying (?:go\.mod|module)|checksum database/.test(why) && isNetworkFailure(why);
  const blame = checksum
    ? `its checksum cannot be verified, since the checksum database is out of reach: ${why}`
    : why;
  return new LabError(`Go ${wanted} is not available and cannot be fetched: ${blame}`, {
    code: 'missing-tool',
    hint: known.has(name)
      ? installCommand([name], access)
      : `install it from https://go.dev/dl/ into ~/sdk/go${wanted}, or leave it out of --go`,
  });
}

function lastLines(text: string): string {
  return text.trim().split('\n').slice(-3).join(' ').slice(0, 600);
}
