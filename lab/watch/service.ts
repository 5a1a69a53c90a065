import { readdir, readFile } from 'node:fs/promises';
import { LabError } from '../errors.js';
import { identityOf } from '../targets/process-identity.js';
import type { ProcessIdentity } from '../targets/target.js';
import { runProgram } from './run-program.js';

/** What is watched, as it is named. */
export type ServiceName =
  | { readonly kind: 'pid'; readonly pid: number }
  | { readonly kind: 'unit'; readonly unit: string }
  /** `docker` or `podman`. */
  | { readonly kind: 'container'; readonly engine: string; readonly name: string }
  /** Of pods on this node: needs the node's process table. */
  | { readonly kind: 'pod'; readonly selector: string; readonly namespace: string | undefined };

/** The process of a service at this moment, as this machine sees it. */
export interface ServiceProcess {
  readonly identity: ProcessIdentity;
  /** How it is captured: `--pid 17`, or `--target docker://shop`. */
  readonly captureArguments: readonly string[];
  /** The command that starts it anew; absent where nothing does. */
  readonly restart?: readonly string[];
}

/** What a service is called in folders and messages. */
export function titleOf(name: ServiceName): string {
  switch (name.kind) {
    case 'pid':
      return `pid-${name.pid}`;
    case 'unit':
      return name.unit;
    case 'container':
      return name.name;
    case 'pod':
      return name.selector;
  }
}

/** The process that the service runs as; `undefined` while it does not run. Throws `missing-tool` without the client. */
export async function processOf(name: ServiceName, signal: AbortSignal): Promise<ServiceProcess | undefined> {
  switch (name.kind) {
    case 'pid':
      return await localProcess(name.pid);
    case 'unit': {
      const pid = await ask(['systemctl', 'show', '--property=MainPID', '--value', '--', name.unit], signal);
      return await localProcess(Number(pid ?? 0), ['systemctl', 'restart', '--', name.unit]);
    }
    case 'container': {
      const { engine, name: container } = name;
      const pid = await ask([engine, 'inspect', '--format', '{{.State.Pid}}', container], signal);
      const found = await localProcess(Number(pid ?? 0), [engine, 'restart', container]);
      return found && { ...found, captureArguments: ['--target', `${engine}://${container}`] };
    }
    case 'pod':
      return await podProcess(name, signal);
  }
}

async function localProcess(pid: number, restart?: readonly string[]): Promise<ServiceProcess | undefined> {
  const identity = pid > 0 ? await identityOf(pid) : undefined;
  if (identity === undefined) return undefined;
  const found = { identity, captureArguments: ['--pid', String(pid)] };
  return restart === undefined ? found : { ...found, restart };
}

/** Of the pods that a selector names the first that has a Go-sized process here: its control group has the pod's uid. */
async function podProcess(
  { selector, namespace }: Extract<ServiceName, { kind: 'pod' }>,
  signal: AbortSignal,
): Promise<ServiceProcess | undefined> {
  const scope = namespace === undefined ? [] : ['--namespace', namespace];
  const path = '{range .items[?(@.status.phase=="Running")]}{.metadata.uid} {.metadata.name}{"\\n"}{end}';
  const argv = ['kubectl', 'get', 'pods', ...scope, '--selector', selector, '--output', `jsonpath=${path}`];
  const pods = ((await ask(argv, signal)) ?? '').split('\n').flatMap((line) => {
    const [uid, pod] = line.trim().split(' ');
    return uid && pod ? [{ uid, pod }] : [];
  });
  for (const { uid, pod } of pods) {
    const pid = await processOfPod(uid);
    if (pid === undefined) continue;
    return await localProcess(pid, ['kubectl', 'delete', 'pod', ...scope, '--wait=false', pod]);
  }
  return undefined;
}

/** The kubelet's control groups: `.../pod<uid>/...`, with underscores where systemd keeps them. */
async function processOfPod(uid: string): Promise<number | undefined> {
  const wanted = [`pod${uid}`, `pod${uid.replaceAll('-', '_')}`];
  const found: { pid: number; rss: number }[] = [];
  for (const name of await readdir('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const groups = await readFile(`/proc/${name}/cgroup`, 'utf8').catch(() => '');
    if (!wanted.some((one) => groups.includes(one))) continue;
    const statm = await readFile(`/proc/${name}/statm`, 'utf8').catch(() => '');
    found.push({ pid: Number(name), rss: Number(statm.split(' ')[1] ?? 0) });
  }
  // The pause container and shells are small.
  return found.sort((a, b) => b.rss - a.rss)[0]?.pid;
}

const askTimeoutMs = 10_000;

/** What a client answers; `undefined` where it knows of no such service. */
async function ask(argv: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  const { exitCode, missing, stdout } = await runProgram(argv, { timeLimitMs: askTimeoutMs }, signal);
  if (missing) {
    const [program] = argv;
    throw new LabError(`${program} is not here, and knows the service`, {
      ...{ code: 'missing-tool', hint: `install ${program}, or name the process: --pid PID` },
    });
  }
  return exitCode === 0 ? stdout.trim() : undefined;
}
