import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pause, poll } from '../../lab/deadline.js';
import type { Groups } from './groups.js';

/** What a service runs at a time. */
export interface Build {
  readonly name: string;
  readonly exe: string;
  readonly args: readonly string[];
  /** The page that is probed. */
  readonly path: string;
}

/** One service on a port of its own, started anew whenever its process ends. Disposing it ends it. */
export interface Service extends AsyncDisposable {
  readonly name: string;
  readonly origin: string;
  readonly port: number;
  /** A folder in which a program `systemctl` answers for this service. */
  readonly programs: string;
  readonly folder: string;
  /** Of the process that runs; 0 while none does. */
  pid(): number;
  build(): Build;
  /** Where the debug pages of the process are. */
  pprofUrl(): string;
  /** Ends the process as a deployment does, and after `downMs` starts that build. Resolves when it listens. */
  deploy(build: Build, downMs: number, signal: AbortSignal): Promise<void>;
}

const graceMs = 3_000;
const readyMs = 30_000;

interface Running {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly pprofUrl: string;
}

export async function openService(
  name: string,
  port: number,
  folder: string,
  groups: Groups,
  first: Build,
  signal: AbortSignal,
): Promise<Service> {
  const pidFile = join(folder, 'pid');
  const programs = join(folder, 'programs');
  await mkdir(programs, { recursive: true });
  await writeSystemctl(join(programs, 'systemctl'), pidFile);
  let build = first;
  let running: Running | undefined;
  let closing = false;
  let deploying = false;
  let restarting: Promise<unknown> | undefined;
  const start = async (): Promise<void> => {
    const argv = [...build.args, '-addr', `127.0.0.1:${port}`];
    const child = spawn(build.exe, argv, {
      ...{ cwd: folder, stdio: ['ignore', 'pipe', 'ignore'] },
      // An interruption is for those who watch, not for what is watched.
      detached: true,
    });
    const ended = once(child, 'exit');
    await once(child, 'spawn');
    await groups.add(child.pid ?? 0);
    const lines: string[] = [];
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line));
    const listening = () => lines.some((line) => line.startsWith('server listening')) || undefined;
    const ready = await poll(() => listening() ?? (child.exitCode === null ? undefined : false), {
      ...{ signal, deadlineMs: readyMs, everyMs: 20 },
    });
    if (ready !== true || closing) {
      child.kill('SIGKILL');
      throw new Error(`${build.name} did not start: ${lines.join(' ')}`);
    }
    const pprof = lines.map((line) => /^pprof listening addr=(\S+)/.exec(line)?.[1]).find(Boolean);
    running = { child, ended, pprofUrl: `http://${pprof ?? 'nowhere.invalid'}` };
    await writeFile(pidFile, `${child.pid}\n`);
    void ended.then(async () => {
      await writeFile(pidFile, '0\n');
      if (closing || deploying || running?.child !== child) return;
      restarting = start().catch(() => undefined);
    });
  };
  await start();
  return {
    ...{ name, port, programs, folder, origin: `http://127.0.0.1:${port}` },
    pid: () => (isAlive(running?.child) ? (running?.child.pid ?? 0) : 0),
    build: () => build,
    pprofUrl: () => running?.pprofUrl ?? '',
    async deploy(next, downMs, stop) {
      deploying = true;
      try {
        running?.child.kill('SIGTERM');
        await Promise.race([running?.ended, pause(graceMs, stop)]);
        running?.child.kill('SIGKILL');
        await running?.ended;
        build = next;
        await pause(downMs, stop);
        await start();
      } finally {
        deploying = false;
      }
    },
    async [Symbol.asyncDispose]() {
      closing = true;
      await restarting;
      running?.child.kill('SIGKILL');
      await running?.ended;
    },
  };
}

function isAlive(child: ChildProcess | undefined): boolean {
  return child !== undefined && child.exitCode === null && child.signalCode === null;
}

/** No systemd runs here: this answers for the one unit as it would. */
async function writeSystemctl(file: string, pidFile: string): Promise<void> {
  const text = `#!/bin/sh
old=$(cat '${pidFile}')
case "$1" in
show) echo "$old" ;;
restart)
  kill -KILL "$old"
  while now=$(cat '${pidFile}'); test -z "$now" -o "$now" = 0 -o "$now" = "$old"; do sleep 0.1; done ;;
*) exit 1 ;;
esac
`;
  await writeFile(file, text);
  await chmod(file, 0o755);
}
