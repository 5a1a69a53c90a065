import { spawn } from 'node:child_process';
import { readlink } from 'node:fs/promises';
import { networkInterfaces } from 'node:os';
import { poll } from '../deadline.js';
import { LabError } from '../errors.js';
import type { Target } from '../targets/target.js';
import type { FleetHost } from './fleet-host.js';

/**
 * A host of its own on this machine: a network namespace with one link to it, at an address of the block that is set
 * aside for tests of networks (198.18.0.0/15, RFC 2544). The namespace lives by a process that ends with the lab's
 * pipe, and takes both ends of the link with it.
 */
export async function openNamespace(
  local: Target,
  signal: AbortSignal,
): Promise<Omit<FleetHost, 'exe' | 'goVersion'>> {
  const holder = spawn('unshare', ['--net', 'cat'], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  holder.stderr.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  holder.stdin.on('error', () => {}); // it tells so by its end
  const gone = new Promise<void>((resolve) => {
    holder.once('exit', () => resolve());
    holder.once('error', (error) => {
      said = error.message;
      resolve();
    });
  });
  const end = async () => {
    holder.kill('SIGKILL');
    await gone;
  };
  try {
    const pid = await untilApart();
    const link = `lab${pid}`;
    const { near, far } = freePair(pid);
    const ns = `--net=/proc/${pid}/ns/net`;
    const run = runner(local, signal);
    await run('ip', 'link', 'add', link, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', String(pid));
    await run('ip', 'address', 'add', `${near}/30`, 'dev', link);
    await run('ip', 'link', 'set', link, 'up');
    await run('nsenter', ns, 'ip', 'link', 'set', 'lo', 'up');
    await run('nsenter', ns, 'ip', 'address', 'add', `${far}/30`, 'dev', 'eth0');
    await run('nsenter', ns, 'ip', 'link', 'set', 'eth0', 'up');
    const target: Target = {
      ...local,
      listenHost: far,
      reach: async (port) => ({ host: far, port }),
      start: (argv, options) => local.start(['nsenter', ns, ...argv], options),
    };
    return { target, text: `namespace ${far} behind ${link}`, [Symbol.asyncDispose]: end };
  } catch (error) {
    await end();
    throw error;
  }

  async function untilApart(): Promise<number> {
    const ours = await readlink('/proc/self/ns/net');
    const pid = await poll(
      async () => {
        if (holder.exitCode !== null || holder.pid === undefined) return undefined;
        const its = await readlink(`/proc/${holder.pid}/ns/net`).catch(() => ours);
        return its === ours ? undefined : holder.pid;
      },
      { signal, deadlineMs: 5_000, everyMs: 5 },
    );
    if (pid !== undefined) return pid;
    throw new LabError(`no network namespace can be made here: ${said.trim() || 'unshare does not do it'}`, {
      code: 'missing-permission',
      hint: 'leave --hosts away: each instance gets a port of its own',
    });
  }
}

/** Two addresses of a network of four that this machine has no interface in; where to begin is up to the process. */
function freePair(pid: number): { readonly near: string; readonly far: string } {
  const taken = new Set(
    Object.values(networkInterfaces()).flatMap((all) => (all ?? []).map(({ address }) => address)),
  );
  const networks = 32_768;
  for (let i = 0; i < networks; i += 1) {
    const first = ((pid + i) % networks) * 4;
    const address = (n: number) => `198.${18 + (n >> 16)}.${(n >> 8) & 255}.${n & 255}`;
    if (!taken.has(address(first + 1))) return { near: address(first + 1), far: address(first + 2) };
  }
  throw new LabError('every network of 198.18.0.0/15 is taken', {
    code: 'target',
    hint: 'remove links that are left: ip link | grep lab',
  });
}

function runner(local: Target, signal: AbortSignal) {
  return async (...argv: readonly string[]): Promise<void> => {
    const { exitCode, stderr } = await local.exec(argv, { signal, timeoutMs: 10_000 });
    if (exitCode === 0) return;
    throw new LabError(`${argv.join(' ')} failed: ${stderr.trim()}`, {
      code: 'missing-permission',
      hint: 'leave --hosts away: each instance gets a port of its own',
    });
  };
}
