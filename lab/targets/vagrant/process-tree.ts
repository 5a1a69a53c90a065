import { execFile } from 'node:child_process';
import { readdir, readFile } from 'node:fs/promises';
import { basename } from 'node:path';
import { promisify } from 'node:util';

export interface RunningProcess {
  readonly pid: number;
  readonly parent: number;
  /** Name of the program, as its first argument says it. */
  readonly program: string;
}

/** A process of this machine and all below it, parents first; only itself where it cannot be found out. */
export async function treeBelow(pid: number): Promise<readonly RunningProcess[]> {
  const all = await listProcesses().catch(() => []);
  const tree = all.filter((each) => each.pid === pid);
  for (let at = 0; at < tree.length; at++) {
    const parent = tree[at];
    tree.push(...all.filter((each) => each.parent === parent?.pid && each.pid !== pid));
  }
  return tree.length === 0 ? [{ pid, parent: 0, program: '' }] : tree;
}

/**
 * The process that is Vagrant itself. Its package starts Ruby from a launcher, and `nsenter` or `sudo` may stand before
 * it; none of them hands a SIGINT on, and killing them leaves Vagrant behind with its machine locked.
 */
export async function vagrantItself(pid: number): Promise<number> {
  const tree = await treeBelow(pid);
  return tree.find(({ program }) => /^ruby/i.test(program))?.pid ?? pid;
}

async function listProcesses(): Promise<RunningProcess[]> {
  if (process.platform !== 'linux') return await listWithPs();
  const names = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const seen = await Promise.all(names.map((name) => readProcess(Number(name))));
  return seen.filter((each) => each !== undefined);
}

async function readProcess(pid: number): Promise<RunningProcess | undefined> {
  try {
    const [stat, commandLine] = await Promise.all([
      readFile(`/proc/${pid}/stat`, 'utf8'),
      readFile(`/proc/${pid}/cmdline`, 'utf8'),
    ]);
    const parent = Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]);
    return { pid, parent, program: basename(commandLine.split('\0')[0] ?? '') };
  } catch {
    return undefined;
  }
}

async function listWithPs(): Promise<RunningProcess[]> {
  const { stdout } = await promisify(execFile)('ps', ['-axo', 'pid=,ppid=,args=']);
  return stdout.split('\n').flatMap((line) => {
    const match = /^\s*(\d+)\s+(\d+)\s+(\S+)/.exec(line);
    if (match === null) return [];
    const [, pid, parent, program = ''] = match;
    return [{ pid: Number(pid), parent: Number(parent), program: basename(program) }];
  });
}
