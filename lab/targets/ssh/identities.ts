import { readFile } from 'node:fs/promises';
import ssh2, { type AnyAuthMethod, type ParsedKey } from 'ssh2';
import type { SshHost } from './config.js';

/** What to try, in order, and what it is called when it fails. */
export interface Identities {
  readonly methods: readonly AnyAuthMethod[];
  /** One line for each method, and for each that could not even be tried. */
  readonly described: readonly string[];
}

const agentMs = 5_000;

/**
 * Keys of the agent first, unless the configuration restricts them, then key files. An agent that does not answer
 * is no error: ssh2 would give up the whole connection, so it is asked beforehand.
 */
export async function identitiesOf(host: SshHost): Promise<Identities> {
  const files: KeyFile[] = [];
  for (const path of new Set(host.identityFiles)) {
    const file = await keyFile(path);
    if (file !== undefined) files.push(file);
  }
  const described: string[] = [];
  const fromAgent: AnyAuthMethod[] = [];
  if (host.agent !== undefined) {
    const keys = await agentKeys(host.agent);
    const allowed = keys?.filter(
      (key) =>
        !host.identitiesOnly || files.some((file) => file.publicKey?.equals(key.getPublicSSH()) === true),
    );
    if (allowed === undefined) described.push('agent: it does not answer');
    else described.push(`agent: ${allowed.length} of ${keys?.length ?? 0} keys`);
    if (allowed !== undefined && allowed.length > 0) {
      const agent = restricted(host.agent, allowed);
      fromAgent.push({ type: 'agent', username: host.user, agent });
    }
  }
  const fromFiles: AnyAuthMethod[] = [];
  for (const { path, key, why } of files) {
    described.push(why === undefined ? `key ${path}` : `key ${path}: ${why}`);
    if (key !== undefined) fromFiles.push({ type: 'publickey', username: host.user, key });
  }
  // A server allows six attempts or so: what was named comes before what happens to be in the agent.
  const methods = host.identitiesOnly ? [...fromFiles, ...fromAgent] : [...fromAgent, ...fromFiles];
  return { methods, described };
}

interface KeyFile {
  readonly path: string;
  readonly publicKey?: Buffer;
  readonly key?: ParsedKey;
  /** Why it cannot be used. */
  readonly why?: string;
}

async function keyFile(path: string): Promise<KeyFile | undefined> {
  const text = await readFile(path).catch(() => undefined);
  const publicText = await readFile(`${path}.pub`, 'utf8').catch(() => undefined);
  if (text === undefined && publicText === undefined) return undefined;
  const publicKey = publicText === undefined ? undefined : parsed(publicText);
  const known = publicKey instanceof Error ? undefined : publicKey?.getPublicSSH();
  const seen = { path, ...(known === undefined ? {} : { publicKey: known }) };
  if (text === undefined) return { ...seen, why: 'only its public half is there' };
  const key = parsed(text);
  if (!(key instanceof Error)) {
    return key.isPrivateKey()
      ? { ...seen, publicKey: key.getPublicSSH(), key }
      : { ...seen, why: 'a public key' };
  }
  const locked = /encrypted/i.test(key.message);
  return { ...seen, why: locked ? 'it has a passphrase; ssh-add puts it into the agent' : key.message };
}

function parsed(text: string | Buffer): ParsedKey | Error {
  const result: unknown = ssh2.utils.parseKey(text);
  // OpenSSH's format may hold several keys by its letter, and ssh2 then returns an array.
  const first: unknown = Array.isArray(result) ? result[0] : result;
  return isKey(first) ? first : first instanceof Error ? first : new Error('it is no key');
}

function isKey(value: unknown): value is ParsedKey {
  return typeof value === 'object' && value !== null && 'getPublicSSH' in value && 'isPrivateKey' in value;
}

async function agentKeys(socket: string): Promise<readonly ParsedKey[] | undefined> {
  return new Promise((resolve) => {
    const late = setTimeout(() => resolve(undefined), agentMs);
    ssh2.createAgent(socket).getIdentities((error, keys) => {
      clearTimeout(late);
      resolve(error ? undefined : (keys ?? []).filter(isKey));
    });
  });
}

/** The agent, offering these keys alone. */
function restricted(socket: string, keys: readonly ParsedKey[]): ssh2.BaseAgent {
  const agent = ssh2.createAgent(socket);
  agent.getIdentities = (callback) => callback(undefined, [...keys]);
  return agent;
}
