import { createHmac } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { isNoFile } from './no-file.js';

/** One line of a `known_hosts` file (sshd(8), "SSH_KNOWN_HOSTS FILE FORMAT"). */
interface KnownKey {
  readonly revoked: boolean;
  readonly hosts: string;
  readonly type: string;
  /** The key's blob, base64. */
  readonly key: string;
  readonly where: string;
}

export type KeyVerdict =
  | { readonly kind: 'known' }
  /** Nothing is known of the host. */
  | { readonly kind: 'unknown' }
  /** The host is known, but by other keys: those on these lines (`file:line`). */
  | { readonly kind: 'changed'; readonly lines: readonly string[] }
  | { readonly kind: 'revoked'; readonly line: string };

export interface KnownHosts {
  /** Types of the keys that the host is known by, so that the server is asked for one of these. */
  typesFor(host: string, port: number): readonly string[];
  judge(host: string, port: number, key: Buffer): KeyVerdict;
}

/** Reads `known_hosts` files; those that do not exist are empty. */
export async function readKnownHosts(files: readonly string[]): Promise<KnownHosts> {
  const keys: KnownKey[] = [];
  for (const file of files) {
    const text = await readFile(file, 'utf8').catch((error: unknown) => {
      if (isNoFile(error)) return '';
      throw error;
    });
    keys.push(...parseKnownHosts(text, file));
  }
  return knownHosts(keys);
}

function knownHosts(keys: readonly KnownKey[]): KnownHosts {
  const of = (host: string, port: number): readonly KnownKey[] => {
    const names = port === 22 ? [host] : [`[${host}]:${port}`, host];
    return keys.filter((known) => names.some((name) => matches(known.hosts, name.toLowerCase())));
  };
  return {
    typesFor: (host, port) => [
      ...new Set(
        of(host, port)
          .filter((known) => !known.revoked)
          .map((known) => known.type),
      ),
    ],
    judge(host, port, key) {
      const blob = key.toString('base64');
      const candidates = of(host, port);
      const revoked = candidates.find((known) => known.revoked && known.key === blob);
      if (revoked !== undefined) return { kind: 'revoked', line: revoked.where };
      const trusted = candidates.filter((known) => !known.revoked);
      if (trusted.some((known) => known.key === blob)) return { kind: 'known' };
      // Like ssh, an entry without the port vouches for a key, but it never speaks against one.
      const named = port === 22 ? host : `[${host}]:${port}`;
      const lines = trusted.filter((known) => matches(known.hosts, named.toLowerCase()));
      if (lines.length === 0) return { kind: 'unknown' };
      return { kind: 'changed', lines: lines.map((known) => known.where) };
    },
  };
}

function parseKnownHosts(text: string, file: string): readonly KnownKey[] {
  const keys: KnownKey[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    const words = line.trim().split(/\s+/);
    const marker = words[0]?.startsWith('@') ? words.shift() : undefined;
    const [hosts, type, key] = words;
    if (hosts === undefined || hosts.startsWith('#') || type === undefined || key === undefined) continue;
    // A certificate authority vouches for certificates, which ssh2 does not ask for.
    if (marker !== undefined && marker !== '@revoked') continue;
    keys.push({ revoked: marker === '@revoked', hosts, type, key, where: `${file}:${index + 1}` });
  }
  return keys;
}

function matches(hosts: string, name: string): boolean {
  const hashed = /^\|1\|([^|]+)\|([^|]+)$/.exec(hosts);
  if (hashed !== null) {
    const [, salt = '', hash = ''] = hashed;
    return createHmac('sha1', Buffer.from(salt, 'base64')).update(name).digest('base64') === hash;
  }
  const patterns = hosts.toLowerCase().split(',');
  if (patterns.some((pattern) => pattern.startsWith('!') && glob(pattern.slice(1), name))) return false;
  return patterns.some((pattern) => !pattern.startsWith('!') && glob(pattern, name));
}

function glob(pattern: string, name: string): boolean {
  const source = pattern
    .replace(/[.+^${}()|[\]\\]/g, '\\$&')
    .replaceAll('*', '.*')
    .replaceAll('?', '.');
  return new RegExp(`^${source}$`).test(name);
}
