import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { openSync } from 'node:fs';
import { mkdir, readdir, readFile, rmdir, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { pack } from 'tar-stream';
import { poll } from '../../lab/deadline.js';
import { processTable } from '../process-table.js';
import { type TempFolder, tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

export interface Answer {
  readonly exitCode?: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
}

/** A real engine of the test's own, with its images, containers and sockets in a folder that goes with it. */
export interface EngineHost extends AsyncDisposable {
  readonly client: 'docker' | 'podman';
  /** For whoever talks to it. */
  readonly env: Readonly<Record<string, string>>;
  readonly folder: TempFolder;
  /** Runs the client; throws when it fails. */
  run(...args: readonly string[]): Promise<string>;
  /** The same, where failing is an answer. */
  ask(...args: readonly string[]): Promise<Answer>;
  /** An image of these files alone, by their paths in it. */
  image(name: string, files: Readonly<Record<string, string>>): Promise<void>;
  /** Starts a container of the image and waits until it says `ready`. */
  start(name: string, options: readonly string[], ...command: readonly string[]): Promise<void>;
  /** Takes a container away, running or not, once what watches it lets go of its folders. */
  remove(name: string): Promise<void>;
  /** Pid on this machine of the container's first process. */
  pidOf(name: string): Promise<number>;
  /** What there is, for a comparison: containers and images. */
  inventory(): Promise<readonly string[]>;
}

/** Why there can be no such engine here; `undefined` when there can. */
export async function whyNoEngine(client: EngineHost['client']): Promise<string | undefined> {
  if (userInfo().uid !== 0) return 'an engine of the test needs root';
  const needed =
    client === 'docker' ? ['dockerd', 'docker', 'containerd', 'runc'] : ['podman', 'conmon', 'runc'];
  for (const program of needed) {
    const { code } = await execa(program, ['--version'], { reject: false });
    if (code === 'ENOENT') return `${program} is missing: apt-get install docker.io podman runc`;
  }
  return undefined;
}

/** Where rights do not suffice to raise them, as in some virtual machines, an engine must not try. */
const limits = ['nofile=1024:4096', 'nproc=1024:4096'];

/** dockerd without a network, in a mount namespace of its own. */
export async function startDocker(more: readonly string[] = []): Promise<EngineHost> {
  const folder = await tempFolder();
  const socket = folder.file('sock');
  const cgroups = `/lab-test-${process.pid}-${process.hrtime.bigint()}`;
  const args = [
    ...['--iptables=false', '--ip6tables=false', '--bridge=none', '--storage-driver=vfs'],
    ...[
      '--data-root',
      folder.file('data'),
      '--exec-root',
      folder.file('exec'),
      '--pidfile',
      folder.file('pid'),
    ],
    ...[
      '--host',
      `unix://${socket}`,
      '--cgroup-parent',
      cgroups,
      '--exec-opt',
      'native.cgroupdriver=cgroupfs',
    ],
    ...limits.flatMap((limit) => ['--default-ulimit', limit]),
    ...more,
  ];
  const log = openSync(folder.file('log'), 'a');
  const daemon = spawn('unshare', ['--mount', '--propagation', 'private', 'dockerd', ...args], {
    stdio: ['ignore', log, log],
  });
  const env = { DOCKER_HOST: `unix://${socket}` };
  const answers = await poll(
    async () =>
      (await execa('docker', ['version'], { env, reject: false })).exitCode === 0 || daemon.exitCode !== null
        ? true
        : undefined,
    { signal, deadlineMs: 60_000, everyMs: 100 },
  );
  if (answers !== true || daemon.exitCode !== null) {
    throw new Error(
      `dockerd does not answer:\n${(await readFile(folder.file('log'), 'utf8')).slice(-3_000)}`,
    );
  }
  return engineHost({ client: 'docker', env, folder }, async () => {
    await ended(daemon);
    await removeCgroups(cgroups);
  });
}

/** podman has no daemon: its settings make it another one. */
export async function podmanHost(containers: readonly string[] = []): Promise<EngineHost> {
  const folder = await tempFolder();
  const quoted = limits.map((limit) => `"${limit}"`).join(', ');
  const settings = [
    ...['[containers]', `default_ulimits = [${quoted}]`, 'log_driver = "k8s-file"', ...containers],
    ...['[engine]', 'runtime = "runc"', 'cgroup_manager = "cgroupfs"', 'events_logger = "file"'],
    ...[`tmp_dir = "${folder.file('tmp')}"`],
  ];
  await writeFile(folder.file('containers.conf'), `${settings.join('\n')}\n`);
  const storage = [
    '[storage]',
    'driver = "vfs"',
    `graphroot = "${folder.file('g')}"`,
    `runroot = "${folder.file('r')}"`,
  ];
  await writeFile(folder.file('storage.conf'), `${storage.join('\n')}\n`);
  const env = {
    CONTAINERS_CONF: folder.file('containers.conf'),
    CONTAINERS_STORAGE_CONF: folder.file('storage.conf'),
  };
  return engineHost({ client: 'podman', env, folder }, async () => {
    // What watches a container tidies up after it, and is nobody's child.
    const watches = () => processTable().some(({ commandLine }) => commandLine.includes(folder.path));
    await poll(() => !watches() || undefined, { signal, deadlineMs: 20_000, everyMs: 50 });
  });
}

function engineHost(
  { client, env, folder }: Pick<EngineHost, 'client' | 'env' | 'folder'>,
  end: () => Promise<void>,
): EngineHost {
  const ask = async (...args: readonly string[]): Promise<Answer> =>
    await execa(client, args, { env, reject: false, stdin: 'ignore' });
  const run = async (...args: readonly string[]): Promise<string> => {
    const { exitCode, stdout, stderr } = await ask(...args);
    if (exitCode !== 0) throw new Error(`${client} ${args.join(' ')}: ${stderr}`);
    return stdout.trim();
  };
  return {
    client,
    env,
    folder,
    run,
    ask,
    async image(name, files) {
      const tar = pack();
      for (const [path, from] of Object.entries(files)) {
        const isFolder = path.endsWith('/');
        if (isFolder) tar.entry({ name: path, type: 'directory', mode: 0o1777 });
        else tar.entry({ name: path.replace(/^\//, ''), mode: 0o755 }, await readFile(from));
      }
      tar.finalize();
      const parts: Buffer[] = [];
      for await (const part of tar) parts.push(part as Buffer);
      await execa(client, ['import', '--change', 'ENV PATH=/bin', '-', name], {
        env,
        input: Buffer.concat(parts),
      });
    },
    async start(name, options, ...command) {
      await run('run', '--detach', '--name', name, '--network', 'none', ...options, ...command);
      const ready = await poll(
        async () => {
          const { stdout, stderr } = await ask('logs', name);
          return `${stdout}${stderr}`.includes('ready') || undefined;
        },
        { signal, deadlineMs: 20_000, everyMs: 50 },
      );
      if (ready !== true) throw new Error(`${name} did not get ready: ${(await ask('logs', name)).stderr}`);
    },
    async remove(name) {
      const look = async () => (await ask('rm', '--force', name)).exitCode === 0 || undefined;
      const removed = await poll(look, { signal, deadlineMs: 20_000, everyMs: 200 });
      if (removed !== true) throw new Error(`${name} stays: ${(await ask('rm', '--force', name)).stderr}`);
    },
    pidOf: async (name) =>
      Number(await run('inspect', '--type', 'container', '--format', '{{.State.Pid}}', name)),
    async inventory() {
      const containers = await run('ps', '--all', '--quiet', '--no-trunc');
      const images = await run('images', '--all', '--quiet', '--no-trunc');
      return [...containers.split('\n'), ...images.split('\n')].filter((line) => line !== '').sort();
    },
    async [Symbol.asyncDispose]() {
      const all = (await ask('ps', '--all', '--quiet')).stdout;
      const ids = all.split(/\s+/).filter((id) => id !== '');
      if (ids.length > 0)
        await ask('rm', '--force', '--time', '0', ...ids).then(() => ask('rm', '--force', ...ids));
      await end();
      await folder[Symbol.asyncDispose]();
    },
  };
}

async function ended(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 20_000);
  await gone;
  clearTimeout(late);
}

/** dockerd leaves the empty group that all its containers were in. */
async function removeCgroups(name: string): Promise<void> {
  const root = '/sys/fs/cgroup';
  const hierarchies = await readdir(root).catch(() => []);
  for (const path of [join(root, name), ...hierarchies.map((one) => join(root, one, name))]) {
    await rmdir(path).catch(() => undefined);
  }
}

/** A folder of programs that come before others on PATH. */
export async function programsFolder(
  folder: TempFolder,
  programs: Readonly<Record<string, string>>,
): Promise<Readonly<Record<string, string>>> {
  const path = folder.file(`bin-${process.hrtime.bigint()}`);
  await mkdir(path);
  for (const [name, text] of Object.entries(programs))
    await writeFile(join(path, name), text, { mode: 0o755 });
  return { PATH: `${path}:${process.env['PATH']}` };
}
