import { readFile, writeFile } from 'node:fs/promises';
import type { TempFolder } from '../temp-folder.js';
import { programsFolder } from './engine-host.js';

/** A cluster of one pod, which is a process in namespaces of its own on this machine. */
export interface Cluster {
  readonly contexts?: readonly string[];
  /** Pid on this machine of the pod's process. */
  readonly pid: number;
  /** Verbs and resources that its user has no right to, for example `patch pods/ephemeralcontainers`. */
  readonly forbidden?: readonly string[];
  /** A rule of the namespace that no debug container fulfils. */
  readonly podSecurity?: boolean;
  /** Images that no node can pull. */
  readonly missingImages?: readonly string[];
  /** Runs in the debug container before anything else, in a mount namespace of its own. */
  readonly mounts?: string;
  /** In front of each command of the debug container, for example what takes rights away. */
  readonly inFront?: readonly string[];
  /** An older kubectl, which does not know these options. */
  readonly unknownFlags?: readonly string[];
}

export interface ScriptedKubectl {
  readonly env: Readonly<Record<string, string>>;
  /** Command lines so far. */
  calls(): Promise<readonly (readonly string[])[]>;
}

/**
 * A kubectl for a machine without a cluster. It answers in the words of kubectl 1.32 on a real cluster (apiserver and
 * kubelet 1.32, containerd 1.6), and does for real what is done in a container: commands run in the namespaces of the pod's process,
 * and a debug container is a shell in its table of processes with mounts of its own.
 */
export async function scriptedKubectl(folder: TempFolder, cluster: Cluster): Promise<ScriptedKubectl> {
  const state = folder.file(`cluster-${process.hrtime.bigint()}.json`);
  const log = `${state}.log`;
  await writeFile(state, JSON.stringify({ contexts: ['lab'], forbidden: [], debug: [], ...cluster }));
  await writeFile(log, '');
  const bin = await programsFolder(folder, { kubectl: `#!/usr/bin/env node\n${script}` });
  return {
    env: { ...bin, LAB_TEST_CLUSTER: state },
    async calls() {
      const lines = (await readFile(log, 'utf8')).split('\n');
      return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
    },
  };
}

const script = String.raw`
const { spawn } = require('node:child_process');
const { appendFileSync, existsSync, readFileSync, writeFileSync } = require('node:fs');
const file = process.env.LAB_TEST_CLUSTER;
const cluster = JSON.parse(readFileSync(file, 'utf8'));
const argv = process.argv.slice(2);
appendFileSync(file + '.log', JSON.stringify(argv) + '\n');

function die(text, code = 1) {
  process.stderr.write(text + '\n');
  process.exit(code);
}
const end = argv.indexOf('--');
const own = end < 0 ? argv : argv.slice(0, end);
const inner = end < 0 ? [] : argv.slice(end + 1);
for (const flag of cluster.unknownFlags ?? []) {
  if (own.some((word) => word.startsWith(flag))) die('error: unknown flag: ' + flag + '\nSee \'kubectl debug --help\' for usage.');
}
const option = (name) => own.find((word) => word.startsWith('--' + name + '='))?.slice(name.length + 3);
const [verb, ...words] = own.filter((word) => !word.startsWith('--'));
const namespace = option('namespace') ?? 'default';
const context = option('context');
if (context !== undefined && !cluster.contexts.includes(context)) die('error: context "' + context + '" does not exist');

function mayI(what) {
  if (!cluster.forbidden.includes(what)) return true;
  const [does, resource] = what.split(' ');
  const where = resource === 'nodes' ? 'at the cluster scope' : 'in the namespace "' + namespace + '"';
  const name = resource === 'nodes' ? 'nodes "n1"' : 'pods "web"';
  die('Error from server (Forbidden): ' + name + ' is forbidden: User "dev" cannot ' + does + ' resource "' + resource + '" in API group "" ' + where);
}

const statusOf = ({ name, image, pid }) => {
  if ((cluster.missingImages ?? []).includes(image)) {
    return { name, state: { waiting: { reason: 'ErrImagePull', message: 'failed to pull and unpack image "' + image + '"' } } };
  }
  if (existsSync('/proc/' + pid + '/ns/pid')) return { name, state: { running: { startedAt: '2026-11-30T02:40:37Z' } } };
  return { name, state: { terminated: { reason: 'Completed', exitCode: 0 } } };
};

if (verb === 'config') {
  process.stdout.write(cluster.contexts.join('\n') + '\n');
} else if (verb === 'get' && words[0] === 'pod') {
  mayI('get pods');
  if (words[1] !== 'web') die('Error from server (NotFound): pods "' + words[1] + '" not found');
  const running = { name: 'app', state: existsSync('/proc/' + cluster.pid) ? { running: {} } : { waiting: { reason: 'CrashLoopBackOff' } } };
  process.stdout.write(JSON.stringify({
    metadata: { name: 'web' },
    spec: { nodeName: 'n1', containers: [{ name: 'app' }] },
    status: { phase: 'Running', containerStatuses: [running], ephemeralContainerStatuses: cluster.debug.map(statusOf) },
  }));
} else if (verb === 'get' && words[0] === 'node') {
  mayI('get nodes');
  process.stdout.write('linux/' + { x64: 'amd64' }[process.arch] ?? process.arch);
} else if (verb === 'debug') {
  mayI('patch pods/ephemeralcontainers');
  const name = option('container');
  if (cluster.podSecurity) die('Error from server (Forbidden): pods "web" is forbidden: violates PodSecurity "baseline:latest": non-default capabilities (container "' + name + '" must not include "SYS_PTRACE" in securityContext.capabilities.add)');
  const custom = option('custom');
  if (custom !== undefined) JSON.parse(readFileSync(custom, 'utf8'));
  const one = { name, image: option('image') };
  if (!(cluster.missingImages ?? []).includes(one.image)) {
    const mounts = 'mount -t proc proc /proc && mount -t tmpfs tmpfs /tmp && ' + (cluster.mounts ?? 'true') + ' && exec "$@"';
    const args = ['--target', String(cluster.pid), '--pid', 'unshare', '--mount', '--fork', 'sh', '-c', mounts, 'sh', ...(cluster.inFront ?? []), ...inner];
    const container = spawn('nsenter', args, { detached: true, stdio: 'ignore' });
    one.pid = container.pid;
    container.unref();
  }
  writeFileSync(file, JSON.stringify({ ...cluster, debug: [...cluster.debug, one] }));
} else if (verb === 'exec') {
  mayI('create pods/exec');
  const name = option('container');
  const debug = cluster.debug.find((one) => one.name === name);
  run(debug === undefined ? ofService() : ofDebug(debug.pid));
} else {
  die('error: unknown command ' + verb);
}

/** The innermost process that the starter of namespaces has: the one in all of them. */
function innermost(pid) {
  for (;;) {
    const [child] = readFileSync('/proc/' + pid + '/task/' + pid + '/children', 'utf8').trim().split(' ');
    const comm = readFileSync('/proc/' + pid + '/comm', 'utf8').trim();
    if (!/^(nsenter|unshare)$/.test(comm) || !child) return pid;
    pid = child;
  }
}

function ofDebug(pid) {
  return ['nsenter', '--target', String(innermost(pid)), '--mount', '--pid', '--', ...(cluster.inFront ?? []), ...inner];
}

function ofService() {
  const program = '/proc/' + cluster.pid + '/root';
  if (![inner[0], '/bin/' + inner[0]].some((path) => path.startsWith('/') && existsSync(program + path))) {
    die('error: Internal error occurred: error executing command in container: failed to exec in container: failed to start exec "35e4c4527832": OCI runtime exec failed: exec failed: unable to start container process: exec: "' + inner[0] + '": executable file not found in $PATH: unknown');
  }
  return ['nsenter', '--target', String(cluster.pid), '--user', '--preserve-credentials', '--mount', '--pid', '--root', '--wd', '--', 'env', ...inner];
}

function run([command, ...args]) {
  const child = spawn(command, args, { stdio: [own.includes('--stdin') ? 'pipe' : 'ignore', 'pipe', 'pipe'], env: { ...process.env, PATH: '/bin:/usr/bin:/sbin:/usr/sbin' } });
  if (child.stdin) process.stdin.pipe(child.stdin).on('error', () => undefined);
  child.stdout.pipe(process.stdout);
  child.stderr.pipe(process.stderr);
  process.on('SIGTERM', () => process.exit(143));
  child.on('close', (code, signal) => {
    const exit = code ?? 137;
    if (exit !== 0) process.stderr.write('command terminated with exit code ' + exit + '\n');
    process.exitCode = exit;
  });
}
`;
