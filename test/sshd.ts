import { existsSync } from 'node:fs';
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises';
import { userInfo } from 'node:os';
import { execa } from 'execa';
import { poll } from '../lab/deadline.js';
import { localTarget } from '../lab/targets/local.js';
import type { Target } from '../lab/targets/target.js';
import { freePort } from './free-port.js';
import { tempFolder } from './temp-folder.js';

const { signal } = new AbortController();

const sshdPath = ['/usr/sbin/sshd', '/usr/local/sbin/sshd', '/usr/bin/sshd'].find((path) => existsSync(path));

/** Why there is no `sshd` to test with; `undefined` when there is one. */
export const noSshd: string | undefined =
  sshdPath === undefined ? 'sshd is missing: apt-get install openssh-server' : undefined;

export interface Sshd extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Private key that it lets in. */
  readonly identityFile: string;
  /** File that vouches for its host key. */
  readonly knownHosts: string;
  readonly pid: number;
  /** What it logged. */
  log(): Promise<string>;
  stop(): Promise<void>;
}

/**
 * A real `sshd` of the test's own on a free loopback port, or in the namespace that `target` starts processes in, for the user who runs the
 * test; more lines for its configuration.
 */
export async function startSshd(
  lines: readonly string[] = [],
  target: Pick<Target, 'start' | 'listenHost'> = localTarget(),
): Promise<Sshd> {
  const folder = await tempFolder();
  const host = target.listenHost;
  // sshd separates its privileges there, and refuses to start without it.
  if (userInfo().uid === 0) await mkdir('/run/sshd', { recursive: true });
  const key = async (name: string): Promise<string> => {
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', 'lab-test', '-f', folder.file(name)]);
    return (await readFile(folder.file(`${name}.pub`), 'utf8')).trim();
  };
  const hostKey = await key('host');
  await writeFile(folder.file('authorized_keys'), `${await key('user')}\n`);
  await chmod(folder.file('authorized_keys'), 0o600);
  const port = await freePort();
  const config = [
    `Port ${port}`,
    `ListenAddress ${host}`,
    `HostKey ${folder.file('host')}`,
    `AuthorizedKeysFile ${folder.file('authorized_keys')}`,
    `PidFile ${folder.file('pid')}`,
    'PasswordAuthentication no',
    'KbdInteractiveAuthentication no',
    'PermitRootLogin yes',
    'StrictModes no',
    'UsePAM no',
    'Subsystem sftp internal-sftp',
    ...lines,
  ];
  await writeFile(folder.file('config'), `${config.join('\n')}\n`);
  const [type, blob] = hostKey.split(' ');
  await writeFile(folder.file('known_hosts'), `[${host}]:${port} ${type} ${blob}\n`);
  const argv = [sshdPath ?? 'sshd', '-D', '-f', folder.file('config'), '-E', folder.file('log')];
  const child = await target.start(argv, { signal, logFile: folder.file('output') });
  const log = async (): Promise<string> => readFile(folder.file('log'), 'utf8').catch(() => '');
  const stop = async (): Promise<void> => {
    await child[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  const ready = await poll(
    async () => ((await log()).includes('Server listening') || child.exit() !== undefined ? true : undefined),
    { signal, deadlineMs: 10_000, everyMs: 10 },
  );
  if (ready === undefined || child.exit() !== undefined) {
    const said = await log();
    await stop();
    throw new Error(`sshd does not start: ${said}`);
  }
  return {
    ...{ host, port, user: userInfo().username, pid: child.identity.pid, log, stop },
    identityFile: folder.file('user'),
    knownHosts: folder.file('known_hosts'),
    [Symbol.asyncDispose]: stop,
  };
}
