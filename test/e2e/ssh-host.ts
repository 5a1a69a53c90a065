import { randomUUID } from 'node:crypto';
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { poll } from '../../lab/deadline.js';
import { localTarget } from '../../lab/targets/local.js';
import { ensureDelve, findGo } from '../../lab/toolchain/index.js';
import { type LabProcess, startLab } from '../lab-process.js';
import { processTable } from '../process-table.js';
import { type Sshd, startSshd } from '../sshd.js';
import { tempFolder } from '../temp-folder.js';

const { signal } = new AbortController();
const mark = 'LAB_TEST_HOST';

export interface HostProcess {
  readonly pid: number;
  readonly commandLine: string;
}

/** A host of the test's own on loopback: a real `sshd`, a work folder, and a lab that knows it as `server-7`. */
export interface SshHost extends AsyncDisposable {
  readonly sshd: Sshd;
  readonly target: 'ssh://server-7';
  readonly workFolder: string;
  readonly runs: string;
  file(name: string): string;
  start(args: readonly string[], env?: Readonly<Record<string, string>>): LabProcess;
  /** Processes that were begun there over SSH and still run. */
  processes(): readonly HostProcess[];
  /** The first one whose command line matches; waits for it. */
  process(pattern: RegExp): Promise<HostProcess>;
  /**
   * What is left there, of all that a finished run should have taken away or of what is asked for. Waits for what is
   * ending.
   */
  leftovers(which?: RegExp): Promise<readonly string[]>;
  /** Cuts all connections, as a network does; the next one is let in. */
  cut(): void;
}

/** What the host has on PATH: this machine's, and a Delve that reads what its Go builds. */
async function pathThere(): Promise<string> {
  const path = process.env['PATH'] ?? '/usr/bin:/bin';
  const go = await findGo(localTarget(), signal);
  if (go === undefined) return path;
  const delve = await ensureDelve({ goVersion: go.version }, signal);
  return `${dirname(delve.path)}:${path}`;
}

/** More lines for its `sshd_config`. */
export async function startHost(lines: readonly string[] = []): Promise<SshHost> {
  const folder = await tempFolder();
  const id = randomUUID();
  const path = await pathThere();
  const sshd = await startSshd([`SetEnv ${mark}=${id} "PATH=${path}"`, ...lines]);
  const config = [
    'Host server-7',
    `  HostName ${sshd.host}`,
    `  Port ${sshd.port}`,
    `  User ${sshd.user}`,
    `  IdentityFile ${sshd.identityFile}`,
    '  IdentitiesOnly yes',
    `  UserKnownHostsFile ${sshd.knownHosts}`,
    '  GlobalKnownHostsFile none',
  ];
  await writeFile(folder.file('ssh_config'), `${config.join('\n')}\n`);
  const workFolder = folder.file('there');
  await mkdir(workFolder);
  const processes = (): HostProcess[] =>
    processTable().filter(({ environment }) => environment.includes(`${mark}=${id}`));
  const left = async (which: RegExp): Promise<readonly string[]> => {
    const files = await readdir(workFolder, { recursive: true });
    const all = [
      ...processes().map(({ commandLine }) => commandLine),
      ...files.filter((name) => /(^|\/)(\.capture-|core(\.\d+)*$|server\.log)|\.(part|tar\.gz)$/.test(name)),
      ...files.filter((name) => /^runs\/./.test(name)),
    ];
    return all.filter((one) => which.test(one));
  };
  return {
    sshd,
    target: 'ssh://server-7',
    workFolder,
    runs: folder.file('runs'),
    file: folder.file,
    processes,
    start: (args, env = {}) =>
      startLab(args, {
        LAB_RUNS: folder.file('runs'),
        LAB_SSH_CONFIG: folder.file('ssh_config'),
        LAB_TARGET_FOLDER: workFolder,
        ...env,
      }),
    async process(pattern) {
      const find = () => processes().find(({ commandLine }) => pattern.test(commandLine));
      const found = await poll(find, { signal, deadlineMs: 60_000, everyMs: 2 });
      if (found === undefined) throw new Error(`no process there matches ${pattern}`);
      return found;
    },
    async leftovers(which = /./) {
      const none = async () => ((await left(which)).length === 0 ? true : undefined);
      const gone = await poll(none, { signal, deadlineMs: 10_000, everyMs: 50 });
      return gone === true ? [] : await left(which);
    },
    cut() {
      // Each connection is a child of the one that listens.
      for (const { pid, parent } of processTable()) if (parent === sshd.pid) process.kill(pid, 'SIGKILL');
    },
    async [Symbol.asyncDispose]() {
      for (const { pid } of processes()) process.kill(pid, 'SIGKILL');
      await sshd.stop();
      await folder[Symbol.asyncDispose]();
    },
  };
}
