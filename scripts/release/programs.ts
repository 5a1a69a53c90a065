import { createHash } from 'node:crypto';
import { cp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { promisify } from 'node:util';
import { brotliCompress, constants } from 'node:zlib';
import { execa } from 'execa';
import { LabError } from '../../lab/errors.js';
import { localTarget } from '../../lab/targets/local.js';
import { captureArchitectures, ensureCaptureHelper } from '../../lab/toolchain/capture-helper.js';
import type { Carried } from '../../lab/toolchain/carried.js';
import { chooseDelve } from '../../lab/toolchain/delve-choice.js';
import { buildFacts } from '../../lab/toolchain/facts-build.js';
import { entryName, factsFolder, readSources } from '../../lab/toolchain/facts-cache.js';
import { chooseTools, newestNeeds } from '../../lab/toolchain/facts-choice.js';
import { type GoTool, helperEnvironment, requireGo } from '../../lab/toolchain/go.js';

/** A program of the package, as it was built. */
export interface BuiltProgram {
  readonly kind: Carried['programs'][number]['kind'];
  readonly architecture: (typeof captureArchitectures)[number];
  /** Its folder in the cache. */
  readonly entry: string;
  /** Within that folder. */
  readonly path: string;
  /** The whole path. */
  readonly file: string;
}

const compress = promisify(brotliCompress);

/** Go of this machine. Throws `missing-tool` for one that is older than what the helpers are written for. */
export async function releaseGo(signal: AbortSignal): Promise<GoTool> {
  const go = await requireGo(localTarget(), signal);
  if (go.release.minor >= newestNeeds) return go;
  throw new LabError(`a release is built with Go 1.${newestNeeds} or newer: ${go.path} is ${go.version}`, {
    code: 'missing-tool',
    hint: 'put a newer one first on PATH: https://go.dev/dl/',
  });
}

/**
 * Builds what the package carries into `cache`, for every architecture. The same Go makes the same bytes of them: no path
 * and no time goes into them, and what they are made of is pinned by checksums.
 */
export async function buildPrograms(
  go: GoTool,
  cache: string,
  signal: AbortSignal,
): Promise<readonly BuiltProgram[]> {
  const built: BuiltProgram[] = [];
  for (const architecture of captureArchitectures) {
    const capture = await ensureCaptureHelper({ architecture, cache }, signal);
    const entry = `capture-${capture.version}-${architecture}`;
    built.push({ kind: 'capture', architecture, entry, path: 'capture', file: capture.path });
    built.push(await buildReader(go, join(cache, architecture), architecture, signal));
    built.push(await buildDebugger(go, join(cache, architecture), architecture, signal));
  }
  return built;
}

type Architecture = BuiltProgram['architecture'];

async function buildReader(
  go: GoTool,
  cache: string,
  architecture: Architecture,
  signal: AbortSignal,
): Promise<BuiltProgram> {
  const tools = chooseTools(go.release);
  if (tools === undefined) throw new LabError(`${go.version} builds no helper`, { code: 'missing-tool' });
  const sources = await readSources(factsFolder);
  const options = { target: localTarget(), cache, architecture };
  const failure = await buildFacts(go, tools, sources, options, signal);
  if (failure !== undefined) {
    throw new LabError(`what reads Go sources could not be built: ${failure}`, { code: 'build-failed' });
  }
  const entry = entryName(sources, go.release, tools);
  return { kind: 'facts', architecture, entry, path: 'facts', file: join(cache, entry, 'facts') };
}

/** The newest Delve: from its module, as `go install` does it, which builds for this machine only. */
async function buildDebugger(
  go: GoTool,
  cache: string,
  architecture: Architecture,
  signal: AbortSignal,
): Promise<BuiltProgram> {
  const [delve] = chooseDelve(go.release, go.release);
  if (delve === undefined) throw new LabError(`no Delve reads ${go.version}`, { code: 'missing-tool' });
  const module = await moduleFolder(go, `github.com/go-delve/delve@v${delve.version}`, signal);
  const entry = `delve-${delve.version}-${go.release.text}`;
  const file = join(cache, entry, 'bin', 'dlv');
  const source = join(cache, 'delve-source');
  await rm(source, { recursive: true, force: true });
  await mkdir(cache, { recursive: true });
  await execa('cp', ['-r', '--no-preserve=mode', module, source], { cancelSignal: signal });
  const flags = ['-trimpath', '-ldflags=-s -w'];
  await execa(go.path, ['build', ...flags, '-o', file, './cmd/dlv'], {
    ...{ cwd: source, env: helperEnvironment(architecture), cancelSignal: signal },
  });
  await rm(source, { recursive: true });
  return { kind: 'delve', architecture, entry, path: 'bin/dlv', file };
}

/** Where the go command has a module, whose checksum it has verified. */
export async function moduleFolder(go: GoTool, module: string, signal: AbortSignal): Promise<string> {
  const { stdout } = await execa(go.path, ['mod', 'download', '-json', module], {
    ...{ cwd: '/', env: { GOTOOLCHAIN: 'local', GOFLAGS: '' }, cancelSignal: signal },
  });
  return (JSON.parse(stdout) as { Dir: string }).Dir;
}

/** Compresses the programs into `folder` and lists them, as `lab/toolchain/carried.ts` reads them. */
export async function writeCarried(
  go: GoTool,
  built: readonly BuiltProgram[],
  folder: string,
): Promise<void> {
  await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  const programs = await Promise.all(
    built.map(async ({ kind, architecture, entry, path, file }) => {
      const bytes = await readFile(file);
      const name = `${kind}-${architecture}.br`;
      const params = {
        [constants.BROTLI_PARAM_LGWIN]: constants.BROTLI_MAX_WINDOW_BITS,
        [constants.BROTLI_PARAM_SIZE_HINT]: bytes.length,
      };
      await writeFile(join(folder, name), await compress(bytes, { params }));
      const sha256 = createHash('sha256').update(bytes).digest('hex');
      return { kind, architecture, entry, path, file: name, sha256 };
    }),
  );
  const list: Carried = { go: go.release.text, programs };
  await writeFile(join(folder, 'carried.json'), `${JSON.stringify(list, null, 2)}\n`);
}

/** The plain programs, for whoever wants them without Node: `capture-linux-amd64` and so on. */
export async function copyPrograms(built: readonly BuiltProgram[], folder: string): Promise<string[]> {
  const names: string[] = [];
  for (const { kind, architecture, file } of built) {
    if (kind === 'delve') continue; // its own project releases it
    const name = `${basename(kind)}-linux-${architecture}`;
    await cp(file, join(folder, name));
    names.push(name);
  }
  return names;
}
