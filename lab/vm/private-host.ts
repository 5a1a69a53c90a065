import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { LabError } from '../errors.js';
import { cacheFolder } from '../paths.js';
import { outsideVariable } from '../targets/vagrant/lab-lock.js';
import { hostStateFile, vagrantFolder } from './place.js';

const program = join(vagrantFolder, 'box', 'private-host', 'private-host');

const disksFolder = (): string => join(cacheFolder(), 'vm');

/** Whether a private libvirt host was left running, with the machines in it. */
export async function hostRuns(): Promise<boolean> {
  if (!existsSync(hostStateFile())) return false;
  const { exitCode } = await execa(program, ['status', '--state', hostStateFile()], { reject: false });
  return exitCode === 0;
}

/** Ends the private libvirt host that was left running, and all machines in it. */
export async function stopHost(): Promise<void> {
  await execa(program, ['stop', '--state', hostStateFile()], { stdin: 'ignore' });
}

/**
 * Runs this very command again inside a private libvirt host, and returns its exit code. With `keep` the host stays
 * afterwards; else it ends with the command, even when the lab is killed. The command gets the signals that the lab gets,
 * each once, whoever sent it.
 */
export async function againInside(
  argv: readonly string[],
  { keep, box }: { readonly keep: boolean; readonly box: string },
  signal: AbortSignal,
): Promise<number> {
  signal.throwIfAborted();
  const disks = disksFolder();
  await mkdir(disks, { recursive: true, mode: 0o700 });
  if (keep) await start(disks);
  const mode = keep ? ['enter', '--state', hostStateFile()] : ['run', '--folder', disks];
  const [node, ...more] = [process.execPath, ...process.execArgv];
  const child = spawn(
    'setpriv',
    ['--pdeathsig', 'KILL', '--', program, ...mode, '--', node, ...more, ...argv],
    {
      // A session of its own: a Ctrl-C at the terminal comes through the signal below, and only once.
      detached: true,
      stdio: 'inherit',
      env: {
        ...process.env,
        [outsideVariable]: String(process.pid),
        LAB_BOX: box,
      },
    },
  );
  const ended = new Promise<number>((resolve, reject) => {
    child.once('error', (cause) =>
      reject(
        new LabError(`cannot run ${program}: ${cause.message}`, {
          code: 'missing-tool',
          hint: 'apt-get install -y util-linux',
          cause,
        }),
      ),
    );
    child.once('exit', (code, name) => resolve(name === null ? (code ?? 0) : 128 + constants.signals[name]));
  });
  const tell = (): void => void child.kill('SIGINT');
  const kill = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', tell, { once: true });
  process.once('exit', kill);
  try {
    return await ended;
  } finally {
    signal.removeEventListener('abort', tell);
    process.removeListener('exit', kill);
  }
}

async function start(disks: string): Promise<void> {
  const { exitCode, stderr } = await execa(
    program,
    ['start', '--state', hostStateFile(), '--folder', disks],
    {
      reject: false,
      stdin: 'ignore',
      stdout: 'ignore',
    },
  );
  if (exitCode === 0) return;
  const [message = 'the private libvirt host did not start', hint] = stderr.trim().split('\n-> ');
  throw new LabError(message, {
    code: exitCode === 69 ? 'missing-tool' : 'target',
    ...(hint === undefined ? {} : { hint }),
  });
}
