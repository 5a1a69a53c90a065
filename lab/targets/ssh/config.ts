import { homedir, userInfo } from 'node:os';
import { LabError } from '../../errors.js';
import { parseSshTarget, type SshAddress } from './address.js';
import { readSettings, type Settings } from './settings.js';

/** Everything that a connection needs to know, with the SSH configuration taken in. */
export interface SshHost {
  /** As the person called it. */
  readonly name: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
  /** Name that the host's key is kept under. */
  readonly keyName: string;
  /** Private keys to try, in order; those that do not exist are passed over. */
  readonly identityFiles: readonly string[];
  /** Whether the agent may offer only keys that `identityFiles` names. */
  readonly identitiesOnly: boolean;
  /** Socket of the agent. */
  readonly agent?: string;
  readonly knownHostsFiles: readonly string[];
  /** Milliseconds between two signs of life; absent when the configuration says nothing. */
  readonly keepAliveMs?: number;
  /** Hosts to go through, first to last. */
  readonly jumps: readonly SshAddress[];
}

export interface SshHostOptions extends SshAddress {
  /** The private key to use; the agent may then offer no other. */
  readonly identityFile?: string;
  /** Files of known hosts instead of the configured ones. */
  readonly knownHostsFiles?: readonly string[];
  /**
   * File to read instead of `~/.ssh/config`. `'none'`: neither files nor agent nor default keys, nothing but what is
   * said here; for machines that the lab itself made.
   */
  readonly config?: string;
}

/** Explicit options win over the SSH configuration, which wins over defaults. Throws `usage`. */
export async function resolveSshConfig(options: SshHostOptions, signal: AbortSignal): Promise<SshHost> {
  const bare = options.config === 'none';
  const settings: Settings = bare ? new Map() : await readSettings(options, options.config, signal);
  const one = (name: string): string | undefined => {
    const value = settings.get(name)?.[0];
    return value === undefined || value === 'none' ? undefined : value;
  };
  if (one('proxycommand') !== undefined) {
    throw new LabError(`${options.host} is reached by a ProxyCommand, which the lab does not run`, {
      code: 'usage',
      hint: 'write a ProxyJump for it in ~/.ssh/config',
    });
  }
  const hostName = one('hostname')?.replaceAll('%h', options.host) ?? options.host;
  const user = options.user ?? one('user') ?? userInfo().username;
  const port = options.port ?? Number(one('port') ?? 22);
  const expand = (path: string): string => expanded(path, { name: options.host, hostName, port, user });
  const configured = (settings.get('identityfile') ?? []).filter((file) => file !== 'none').map(expand);
  const agent = bare ? undefined : agentSocket(one('identityagent'), expand);
  const seconds = Number(one('serveraliveinterval') ?? 0);
  const files = (name: string, fallback: string): readonly string[] =>
    (one(name) ?? fallback)
      .split(/\s+/)
      .filter((file) => file !== '')
      .map(expand);
  return {
    name: options.host,
    hostName,
    port,
    user,
    keyName: one('hostkeyalias') ?? hostName,
    identityFiles: [
      ...(options.identityFile === undefined ? [] : [options.identityFile]),
      ...(configured.length > 0 || bare ? configured : defaultKeys.map(expand)),
    ],
    identitiesOnly: bare || options.identityFile !== undefined || one('identitiesonly') === 'yes',
    ...(agent === undefined ? {} : { agent }),
    knownHostsFiles: options.knownHostsFiles ?? [
      ...files('userknownhostsfile', bare ? '' : '~/.ssh/known_hosts ~/.ssh/known_hosts2'),
      ...files('globalknownhostsfile', bare ? '' : '/etc/ssh/ssh_known_hosts /etc/ssh/ssh_known_hosts2'),
    ],
    ...(seconds > 0 ? { keepAliveMs: seconds * 1_000 } : {}),
    jumps: (one('proxyjump') ?? '')
      .split(',')
      .filter((hop) => hop !== '')
      .map(jump),
  };
}

const defaultKeys = ['~/.ssh/id_ed25519', '~/.ssh/id_ecdsa', '~/.ssh/id_rsa'];

function jump(hop: string): SshAddress {
  return parseSshTarget(hop.startsWith('ssh://') ? hop : `ssh://${hop}`);
}

function agentSocket(configured: string | undefined, expand: (path: string) => string): string | undefined {
  if (configured === undefined || configured === 'SSH_AUTH_SOCK')
    return process.env['SSH_AUTH_SOCK'] || undefined;
  return configured.startsWith('$') ? process.env[configured.slice(1)] : expand(configured);
}

interface Tokens {
  readonly name: string;
  readonly hostName: string;
  readonly port: number;
  readonly user: string;
}

/** Tokens of ssh_config(5), as far as file names use them. */
function expanded(path: string, { name, hostName, port, user }: Tokens): string {
  const tokens: Readonly<Record<string, string>> = {
    '%': '%',
    d: homedir(),
    h: hostName,
    n: name,
    p: String(port),
    r: user,
    u: userInfo().username,
  };
  return path
    .replace(/^"(.*)"$/, '$1')
    .replace(/^~(?=\/|$)/, homedir())
    .replace(/%(.)/g, (whole, letter: string) => tokens[letter] ?? whole);
}
