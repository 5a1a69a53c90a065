import { posix } from 'node:path';
import { withDeadline } from '../../deadline.js';
import { interrupted, LabError } from '../../errors.js';
import type { Target } from '../target.js';
import { resolveSshConfig, type SshHostOptions } from './config.js';
import type { HostKeys } from './connect.js';
import { defaultDeadlines, type SshDeadlines } from './deadlines.js';
import { downloadOver } from './download.js';
import { endOrphans, execOver } from './exec.js';
import { readFileOver, rejected, uploadOver } from './files.js';
import { forwards } from './forward.js';
import { type Link, link } from './link.js';
import { mirrorOver } from './mirror.js';
import { attachOver, forgetExits, type Processes, startOver } from './processes.js';
import { streamScript } from './scripts.js';
import { runScript } from './session.js';

export interface SshTargetOptions extends SshHostOptions {
  /** Default `known`. `any` only for machines that the lab itself made: nobody vouches for their keys. */
  readonly hostKeys?: HostKeys;
  /** Folder of the target instead of `go-deadlock-lab` in its user's cache. */
  readonly workFolder?: string;
  readonly deadlines?: Partial<SshDeadlines>;
  /** What the machine is: a VM is reached by SSH too. Default `ssh`. */
  readonly kind?: 'ssh' | 'vagrant';
  /** What a person calls it. Default: the host as it was named. */
  readonly name?: string;
  /** Address that servers bind there. Default `127.0.0.1`. */
  readonly listenHost?: string;
  /** Aborts when the host is known to be gone: whatever waits for it fails, and nothing is tried any more. */
  readonly gone?: AbortSignal;
  /** Called when a connection is lost, before it is made anew. */
  readonly lost?: () => void;
}

/**
 * A Linux host over SSH. It needs an SSH server, a POSIX shell and coreutils; `setsid` to start processes, `tar` to mirror
 * folders; gzip, SFTP, perl or python3 make it faster. Throws `target`, each with one thing to do: the host is unknown,
 * refuses, does not answer, its key is unknown or another one, it lets nobody in, it is no Linux.
 */
export async function sshTarget(options: SshTargetOptions, signal: AbortSignal): Promise<Target> {
  const configured = await resolveSshConfig(options, signal);
  const host = { ...configured, name: options.name ?? configured.name };
  const deadlines = { ...defaultDeadlines, ...options.deadlines };
  const how = { host, options, hostKeys: options.hostKeys ?? 'known', deadlines };
  const closed = new AbortController();
  const read = new Set<string>();
  const tidy = (): void => void endOrphans(main, closed.signal).catch(() => undefined);
  const main: Link = link(how, tidy, options.lost);
  const ports = forwards(link(how, () => undefined));
  const leave = async (): Promise<void> => {
    closed.abort();
    await ports[Symbol.asyncDispose]();
    await main[Symbol.asyncDispose]();
  };
  options.gone?.addEventListener('abort', () => void leave(), { once: true });
  const close = async (): Promise<void> => {
    // What was left running is ended even now, unless the host cannot be reached.
    await endOrphans(main, withDeadline(new AbortController().signal, deadlines.connectMs)).catch(
      () => undefined,
    );
    await leave();
  };
  try {
    const seen = await look(main, options.workFolder ?? '', signal);
    const { workFolder, gzip } = seen;
    const exitsFolder = posix.join(workFolder, 'exits');
    const processes: Processes = { link: main, exitsFolder, closed: closed.signal, read };
    return {
      kind: options.kind ?? 'ssh',
      name: host.name,
      workFolder,
      listenHost: options.listenHost ?? '127.0.0.1',
      reach: (port, until) => ports.reach(port, until),
      mirror: (folder, until) => mirrorOver(main, folder, { workFolder, gzip }, until),
      exec: (argv, how) => execOver(main, argv, how),
      start: (argv, how) => startOver(processes, argv, how),
      attach: (identity, until) => attachOver(processes, identity, until),
      readFile: (path, until) => readFileOver(main, path, until),
      upload: (from, to, until) => uploadOver(main, from, to, { gzip, signal: until }),
      download: (path, to, how) => downloadOver(main, path, to, { gzip, options: how }),
      async [Symbol.asyncDispose]() {
        const limit = withDeadline(new AbortController().signal, deadlines.graceMs);
        await forgetExits(processes, limit).catch(() => undefined);
        await close();
      },
    };
  } catch (error) {
    await close();
    throw signal.aborted ? interrupted(error) : error;
  }
}

/**
 * Asks everything that has to be known of the host at once: each question costs a process there. What processes said of
 * their ends an hour ago, and nobody came to read, is taken away.
 */
const lookScript = streamScript(`
umask 077
lab_work=$1
[ -n "$lab_work" ] || lab_work=\${XDG_CACHE_HOME:-$HOME/.cache}/go-deadlock-lab
mkdir -p -- "$lab_work" && cd -- "$lab_work" || exit
[ -w . ] || { echo "$lab_work: Permission denied" >&2; exit 1; }
command -v gzip >/dev/null && lab_gzip=gzip || lab_gzip=plain
for lab_exit in exits/[0-9]*-[0-9]*; do
  [ -e "$lab_exit" ] && find exits -type f -name '[0-9]*-[0-9]*' -mmin +60 -exec rm -f -- {} + 2>/dev/null
  break
done
printf '%s\\n%s\\n%s\\n' "$(uname -s)" "$lab_gzip" "$(pwd -P)"
`);

async function look(
  over: Link,
  workFolder: string,
  signal: AbortSignal,
): Promise<{ readonly workFolder: string; readonly gzip: boolean }> {
  const { name } = over.how.host;
  const { exitCode, stdout, stderr } = await runScript(over, lookScript, [workFolder], signal);
  const [system = '', gzip = '', ...folder] = stdout.replace(/\n$/, '').split('\n');
  if (exitCode !== 0)
    throw rejected(name, 'its work folder was made', stderr.trim() || `exit code ${exitCode}`);
  if (system !== 'Linux') {
    throw new LabError(`${name} is no Linux but ${system}`, {
      code: 'target',
      hint: 'name a Linux host: ssh://user@host',
      details: { reason: 'no-linux' },
    });
  }
  return { workFolder: folder.join('\n'), gzip: gzip === 'gzip' };
}
