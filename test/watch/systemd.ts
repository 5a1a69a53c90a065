import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { execa } from 'execa';
import { poll } from '../../lab/deadline.js';
import { projectRoot } from '../../lab/paths.js';

/** A systemd that runs as the first process of its own namespaces. */
export interface Systemd extends AsyncDisposable {
  /** Runs a command where it runs; its standard output. */
  run(...argv: readonly string[]): Promise<string>;
}

const systemd = '/lib/systemd/systemd';
const { signal } = new AbortController();

export function whyNoSystemd(): string | undefined {
  if (process.getuid?.() !== 0) return 'needs root';
  return existsSync(systemd) ? undefined : 'there is no systemd';
}

/*
 * This machine's files with a layer over them that goes with the namespace, so that no unit of the machine is started or
 * changed; what is shared is reached through it. Units that are asked for are all that starts. Devices are its own: a systemd
 * gives itself what it takes for its console.
 */
const script = `set -e
top=$1 systemd=$2; shift 2
mount --make-rprivate /
for one in "$@"; do mkdir -p "$one"; done
mount -t tmpfs tmpfs "$top"
mkdir "$top/over" "$top/work" "$top/root"
mount -t overlay overlay -o "lowerdir=/,upperdir=$top/over,workdir=$top/work" "$top/root"
cd "$top/root"
for one in "$@"; do mkdir -p ".$one"; mount --bind "$one" ".$one"; done
mount -t proc proc proc
mount -t sysfs sysfs sys
mount -t tmpfs -o mode=755 tmpfs dev
for one in null:3 zero:5 full:7 random:8 urandom:9; do mknod -m 666 "dev/\${one%:*}" c 1 "\${one#*:}"; done
mkdir dev/shm dev/pts
ln -s /proc/self/fd dev/fd
if [ -e /sys/fs/cgroup/cgroup.controllers ]; then
  mount -t cgroup2 cgroup2 sys/fs/cgroup
else
  mount -t tmpfs tmpfs sys/fs/cgroup
  mkdir sys/fs/cgroup/systemd
  mount -t cgroup -o none,name=systemd cgroup sys/fs/cgroup/systemd
fi
mount -t tmpfs tmpfs run
mkdir -p run/systemd/system
printf '[Unit]\\nDefaultDependencies=no\\n' > run/systemd/system/nothing.target
exec env -i container=lab PATH="$PATH" chroot . "$systemd" --system --unit=nothing.target
`;

/** Starts one; `shared` are folders that it sees as they are, the project among them, `top` one that may be covered. */
export async function startSystemd(top: string, shared: readonly string[]): Promise<Systemd> {
  const spaces = ['--pid', '--mount', '--uts', '--ipc', '--cgroup', '--fork', '--kill-child'];
  const args = [...spaces, 'sh', '-c', script, 'sh', top, systemd, projectRoot, ...shared];
  const holder = spawn('unshare', args, { stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  holder.stderr.on('data', (piece: Buffer) => {
    said += piece.toString();
  });
  const ended = once(holder, 'exit');
  const inside = async (argv: readonly string[]) => {
    const pid = (await readFile(`/proc/${holder.pid}/task/${holder.pid}/children`, 'utf8')).trim();
    const into = ['--target', pid, '--pid', '--mount', '--uts', '--ipc', '--cgroup', '--root', '--wd=/'];
    return await execa('nsenter', [...into, ...argv], { reject: false, timeout: 60_000 });
  };
  const ready = async () => {
    if (holder.exitCode !== null) throw new Error(`systemd did not start: ${said}`);
    return (await inside(['systemctl', 'is-active', 'nothing.target'])).stdout === 'active' || undefined;
  };
  const end = async () => {
    holder.kill('SIGKILL');
    await ended;
  };
  if ((await poll(ready, { signal, deadlineMs: 20_000, everyMs: 100 })) === undefined) {
    await end();
    throw new Error(`systemd does not answer: ${said}`);
  }
  return {
    async run(...argv) {
      const { exitCode, stdout, stderr } = await inside(argv);
      if (exitCode !== 0) throw new Error(`${argv.join(' ')}: ${stderr}`);
      return stdout.trim();
    },
    [Symbol.asyncDispose]: end,
  };
}
