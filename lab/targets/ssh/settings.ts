import { readdir, readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import { basename, dirname, isAbsolute, join } from 'node:path';
import { execa } from 'execa';
import SSHConfig from 'ssh-config';
import { LabError } from '../../errors.js';
import type { SshAddress } from './address.js';
import { isNoFile } from './no-file.js';

/** Settings of ssh_config(5) for one host: lower-case names, every value that applies, in order. */
export type Settings = ReadonlyMap<string, readonly string[]>;

const sshMs = 10_000;
const deepestInclude = 16;

/**
 * The user's SSH settings for a host. `ssh -G` says them when there is an `ssh`: nobody else reads `Match`, tokens,
 * system-wide files and the next version's keywords just as ssh does. Where there is none, the `ssh-config` library
 * reads the same file; `Match exec` never holds there.
 */
export async function readSettings(
  address: SshAddress,
  configFile: string | undefined,
  signal: AbortSignal,
): Promise<Settings> {
  return (await askSsh(address, configFile, signal)) ?? parseSettings(address, configFile);
}

async function askSsh(
  { host, user, port }: SshAddress,
  configFile: string | undefined,
  signal: AbortSignal,
): Promise<Settings | undefined> {
  const args = [
    ...(configFile === undefined ? [] : ['-F', configFile]),
    ...(user === undefined ? [] : ['-l', user]),
    ...(port === undefined ? [] : ['-p', String(port)]),
  ];
  const result = await execa('ssh', ['-G', ...args, '--', host], {
    reject: false,
    stdin: 'ignore',
    cancelSignal: signal,
    timeout: sshMs,
  });
  signal.throwIfAborted();
  if (result.code === 'ENOENT') return undefined;
  if (result.exitCode === 0) return grouped(result.stdout.split('\n'));
  throw new LabError(`the SSH configuration cannot be read: ${result.stderr.trim() || 'ssh -G failed'}`, {
    code: 'usage',
    hint: `look at what ssh itself says: ssh -G ${host}`,
    cause: result,
  });
}

function grouped(lines: readonly string[]): Settings {
  const settings = new Map<string, string[]>();
  for (const line of lines) {
    const space = line.indexOf(' ');
    if (space < 0) continue;
    const name = line.slice(0, space).toLowerCase();
    settings.set(name, [...(settings.get(name) ?? []), line.slice(space + 1)]);
  }
  return settings;
}

/** The same by the library. Exported for where no `ssh` is installed. */
export async function parseSettings(
  { host, user }: SshAddress,
  configFile: string | undefined,
): Promise<Settings> {
  const files =
    configFile === undefined ? [join(homedir(), '.ssh', 'config'), '/etc/ssh/ssh_config'] : [configFile];
  const texts: string[] = [];
  for (const file of files) texts.push(await withIncludes(file, 0));
  // A section ends with its file.
  const config = SSHConfig.parse(texts.join('\nHost *\n'));
  const computed = config.compute(
    { Host: host, ...(user === undefined ? {} : { User: user }) },
    { ignoreCase: true, matchExec: false },
  );
  const settings = new Map<string, readonly string[]>();
  for (const [name, value] of Object.entries(computed)) {
    const values = typeof value === 'string' ? [value] : value;
    settings.set(name, name === 'identityfile' ? values : [values.join(' ')]);
  }
  return settings;
}

/** The library leaves `Include` alone: its lines are replaced by what they name. */
async function withIncludes(file: string, depth: number): Promise<string> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    if (isNoFile(error)) return '';
    throw error;
  });
  const lines: string[] = [];
  for (const line of text.split('\n')) {
    const include = /^\s*Include[\s=]+(.+)$/i.exec(line);
    if (include === null || depth >= deepestInclude) {
      lines.push(line);
      continue;
    }
    for (const word of (include[1] ?? '').trim().split(/\s+/)) {
      for (const found of await filesOf(word.replace(/^"|"$/g, '')))
        lines.push(await withIncludes(found, depth + 1));
    }
  }
  return lines.join('\n');
}

async function filesOf(pattern: string): Promise<readonly string[]> {
  const home = pattern.replace(/^~(?=\/)/, homedir());
  const path = isAbsolute(home) ? home : join(homedir(), '.ssh', home);
  if (!/[*?]/.test(basename(path))) return [path];
  const source = basename(path)
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  const wanted = new RegExp(`^${source}$`);
  const names = await readdir(dirname(path)).catch(() => []);
  return names
    .filter((name) => wanted.test(name) && !name.startsWith('.'))
    .sort()
    .map((name) => join(dirname(path), name));
}
