import { cp } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { type LabProcess, startLab } from '../lab-process.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();

export interface VmResult {
  readonly exitCode: number | undefined;
  readonly stdout: string;
  readonly stderr: string;
  /** What `--json` printed; `undefined` when that is no JSON. */
  readonly document: unknown;
}

export interface LabInVm extends AsyncDisposable {
  readonly folder: string;
  readonly runs: string;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): LabProcess;
  /** Runs a command with `--json` to its end. */
  lab(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<VmResult>;
}

/** The lab with runs of its own; the box and the tools are those of the project's cache. */
export async function labInVm(): Promise<LabInVm> {
  const home = await tempFolder();
  const runs = home.file('runs');
  const start: LabInVm['start'] = (args, env = {}) => startLab(args, { LAB_RUNS: runs, ...env });
  return {
    folder: home.path,
    runs,
    start,
    async lab(args, env) {
      const result = await start([...args, '--json'], env).ended;
      return { ...result, document: parsed(result.stdout) };
    },
    [Symbol.asyncDispose]: () => home[Symbol.asyncDispose](),
  };
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** What a VM leaves on this machine: hypervisors, namespaces of networks, mounts and links. Waits for what is ending. */
export async function leftovers(): Promise<{
  processes: readonly string[];
  networks: number;
  mounts: number;
}> {
  const look = async () => {
    const { stdout } = await execa('ps', ['-eo', 'args=']);
    const processes = stdout
      .split('\n')
      .filter((line) => /^\S*(qemu-system-\S+|libvirtd|virtlogd|dnsmasq|vagrant|private-host)\b/.test(line));
    const networks = (await execa('lsns', ['--noheadings', '--type', 'net', '--output', 'NS'])).stdout;
    const mounts = (await execa('cat', ['/proc/self/mounts'])).stdout;
    return {
      processes: processes.sort(),
      networks: networks.split('\n').length,
      mounts: mounts.split('\n').length,
    };
  };
  const gone = await poll(async () => ((await look()).processes.length === 0 ? true : undefined), {
    signal,
    deadlineMs: 15_000,
    everyMs: 200,
  });
  void gone;
  return await look();
}

/** A copy of a stored run, as on another machine. */
export async function copiedRun(dir: string, to: string): Promise<string> {
  const copy = join(to, `copy-${basename(dir)}`);
  await cp(dir, copy, { recursive: true });
  return copy;
}
