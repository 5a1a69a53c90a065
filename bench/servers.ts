import { once } from 'node:events';
import { mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { join } from 'node:path';
import { execa } from 'execa';
import { diagnosisSchema } from '../lab/analysis/model/diagnosis.js';
import { gcore } from '../lab/capture/gcore.js';
import { readExecutable } from '../lab/core/executable.js';
import { pause, poll } from '../lab/deadline.js';
import { cacheFolder } from '../lab/paths.js';
import { localTarget } from '../lab/targets/local.js';
import { ensureFacts } from '../lab/toolchain/facts.js';
import { requireGo } from '../lab/toolchain/go.js';
import { ensureDelve } from '../lab/toolchain/index.js';
import { freePort } from '../test/free-port.js';
import { tempFolder } from '../test/temp-folder.js';
import { interruptible } from './crowd.js';
import { type Took, watched } from './process-tree.js';
import { type PublicServer, publicServers } from './server-list.js';
import type { Ports } from './server-load.js';

/** Names, with commas; all unless given. */
const wanted = process.env['LAB_BENCH_SERVERS']?.split(',');
const settleMs = 4_000;
const loadMs = 5_000;
/** No load goes on longer, whatever writing the core takes. */
const longestLoadMs = 60_000;
/** How much CPU time and memory an analysis may take, by lines of source; a second one a quarter of the CPU time. */
const bounds = [
  { lines: 600_000, cpuS: 40, bytes: 2e9 },
  { lines: Number.POSITIVE_INFINITY, cpuS: 120, bytes: 4e9 },
];
const moods = ['idle', 'busy'] as const;

interface Built {
  readonly exe: string;
  /** Lines of all Go files that go into it, with dependencies and Go's library. */
  readonly lines: number;
}

/**
 * Servers that are well, idle and under load: whether anything is claimed of them beyond a suspicion, and what the
 * analysis takes, the first of a build and one more of the same core.
 */
export async function run(signal: AbortSignal): Promise<void> {
  const go = (await requireGo(localTarget(), signal)).path;
  const unknown = wanted?.filter((name) => !publicServers.some((server) => server.name === name)) ?? [];
  if (unknown.length > 0) throw new Error(`no such server: ${unknown.join(', ')}`);
  print('| server | lines | goroutines | verdict | above `suspected` | first | memory | again |');
  print('| --- | --- | --- | --- | --- | --- | --- | --- |');
  for (const server of publicServers) {
    if (wanted !== undefined && !wanted.includes(server.name)) continue;
    await using folder = await tempFolder();
    const built = await build(server, go, folder.path, signal);
    const { goVersion = '' } = await readExecutable(built.exe, signal);
    await ensureDelve({ goVersion, install: true }, signal);
    await ensureFacts({ goVersion }, signal);
    for (const mood of moods) {
      const core = folder.file(`core.${mood}`);
      const data = folder.file(mood);
      await mkdir(data);
      await takeCore(server, { exe: built.exe, core, data, mood }, signal);
      // Nothing is remembered of an earlier analysis: Delve and the helper are at hand, no more.
      const env = { LAB_CACHE: folder.file(`cache.${mood}`) };
      await cacheWithTools(env.LAB_CACHE);
      const first = await analyze(built.exe, core, env, signal);
      const again = await analyze(built.exe, core, env, signal);
      print(row(`${server.name} ${server.version}, ${mood}`, built.lines, first, again));
    }
  }
}

async function build(server: PublicServer, go: string, folder: string, signal: AbortSignal): Promise<Built> {
  const { module, version, replace } = server;
  const source = join(folder, 'module');
  const exe = join(folder, server.name);
  await mkdir(source);
  const lines = [`module bench/${server.name}`, 'go 1.26', `require ${module} ${version}`];
  if (replace !== undefined) lines.push(`replace ${replace}`);
  await writeFile(join(source, 'go.mod'), `${lines.join('\n\n')}\n`);
  const env = { GOTOOLCHAIN: 'local', GOWORK: 'off', GOFLAGS: '-mod=mod -buildvcs=false' };
  const options = { cwd: source, env, ...interruptible(signal) };
  await execa(go, ['build', '-o', exe, server.package], options);
  const format =
    '{{$dir := .Dir}}{{range .GoFiles}}{{$dir}}/{{.}}\n{{end}}{{range .CgoFiles}}{{$dir}}/{{.}}\n{{end}}';
  const { stdout } = await execa(go, ['list', '-deps', '-f', format, server.package], options);
  let count = 0;
  for (const file of stdout.split('\n')) if (file !== '') count += newlines(await readFile(file));
  return { exe, lines: count };
}

function newlines(bytes: Buffer): number {
  let count = 0;
  for (let at = bytes.indexOf(10); at >= 0; at = bytes.indexOf(10, at + 1)) count++;
  return count;
}

interface Shot {
  readonly exe: string;
  readonly core: string;
  readonly data: string;
  readonly mood: (typeof moods)[number];
}

async function takeCore(
  server: PublicServer,
  { exe, core, data, mood }: Shot,
  signal: AbortSignal,
): Promise<void> {
  const ports = { first: await freePort(), second: await freePort() };
  for (const [name, text] of Object.entries(server.files(ports, data)))
    await writeFile(join(data, name), text);
  const child = execa(exe, server.args(ports, data), {
    ...{ cwd: data, stdin: 'ignore', stdout: 'ignore', stderr: 'pipe', reject: false },
    env: { HOME: data, XDG_DATA_HOME: data, XDG_CONFIG_HOME: data },
    ...interruptible(signal),
  });
  const enough = new AbortController();
  let loading: Promise<void> | undefined;
  try {
    const listening = await poll(async () => (await answers(ports)) || child.exitCode !== null || undefined, {
      ...{ signal, deadlineMs: 30_000, everyMs: 100 },
    });
    if (listening === undefined || child.exitCode !== null || child.pid === undefined) {
      throw new Error(`${server.name} did not start`);
    }
    await pause(settleMs, signal);
    if (mood === 'busy') {
      loading = server.load(
        ports,
        AbortSignal.any([enough.signal, signal, AbortSignal.timeout(longestLoadMs)]),
      );
      await Promise.race([loading, pause(loadMs, signal)]);
    }
    await gcore.capture({ target: localTarget(), pid: child.pid, file: core, goVersion: '' }, signal);
    await execa('fallocate', ['--dig-holes', '--', core], interruptible(signal));
  } finally {
    enough.abort();
    await loading?.catch(() => undefined);
    child.kill('SIGKILL');
    await child;
  }
}

async function answers({ first }: Ports): Promise<boolean> {
  const socket = connect(first, '127.0.0.1');
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function cacheWithTools(cache: string): Promise<void> {
  await mkdir(cache);
  const from = cacheFolder();
  const tools = (await readdir(from).catch(() => [])).filter((name) => /^(delve|facts)-.*-go1\./.test(name));
  for (const name of tools) await symlink(join(from, name), join(cache, name));
}

type Analysis = Took & { readonly verdict: string; readonly claims: number; readonly goroutines: number };

async function analyze(
  exe: string,
  core: string,
  env: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<Analysis> {
  const lab = join(import.meta.dirname, '../scripts/lab.js');
  const took = await watched(
    [process.execPath, lab, 'analyze', '--exe', exe, '--core', core, '--json'],
    env,
    signal,
  );
  const { verdict, findings, process: seen } = diagnosisSchema.parse(JSON.parse(took.stdout));
  const claims = findings.filter(({ certainty }) => certainty !== 'suspected').length;
  return { ...took, verdict, claims, goroutines: seen.goroutines.total };
}

function row(name: string, lines: number, first: Analysis, again: Analysis): string {
  const bound = bounds.find((one) => lines <= one.lines);
  const mark = (good: boolean) => (good ? '' : ' (!)');
  const cells = [
    ...[name, lines.toLocaleString('en'), String(first.goroutines), first.verdict],
    `${first.claims}${mark(first.claims === 0)}`,
    `${first.cpuS.toFixed(1)} CPU s${mark(first.cpuS <= (bound?.cpuS ?? 0))}`,
    `${(first.peakBytes / 1e9).toFixed(2)} GB${mark(first.peakBytes <= (bound?.bytes ?? 0))}`,
    `${again.cpuS.toFixed(1)} CPU s${mark(again.cpuS <= (bound?.cpuS ?? 0) / 4)}`,
  ];
  return `| ${cells.join(' | ')} |`;
}

const print = (text: string) => process.stdout.write(`${text}\n`);
