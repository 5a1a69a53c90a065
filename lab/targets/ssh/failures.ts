import { LabError, messageOf } from '../../errors.js';
import type { SshHost } from './config.js';
import type { KeyVerdict } from './known-hosts.js';

/** Why there is no connection; `details.reason` of the error. */
export type Refusal =
  | 'host-unknown'
  | 'refused'
  | 'time-out'
  | 'unreachable'
  | 'authentication'
  | 'host-key-unknown'
  | 'host-key-changed'
  | 'host-key-revoked'
  | 'no-agreement'
  | 'closed'
  | 'lost';

function failure(reason: Refusal, message: string, hint: string, cause?: unknown): LabError {
  return new LabError(message, { code: 'target', hint, cause, details: { reason } });
}

export function refusalOf(error: unknown): Refusal | undefined {
  const reason = error instanceof LabError ? error.details['reason'] : undefined;
  return refusals.find((known) => known === reason);
}

const refusals: readonly Refusal[] = [
  'host-unknown',
  'refused',
  'time-out',
  'unreachable',
  'authentication',
  'host-key-unknown',
  'host-key-changed',
  'host-key-revoked',
  'no-agreement',
  'closed',
  'lost',
];

/** Whether another attempt may succeed without anybody doing anything: a host that restarts, a network that returns. */
export function mayPass(error: unknown): boolean {
  const reason = refusalOf(error);
  return (
    reason === 'refused' ||
    reason === 'time-out' ||
    reason === 'unreachable' ||
    reason === 'closed' ||
    reason === 'lost'
  );
}

/** What a failed attempt to connect means, in words and with one thing to do. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: one failure after the other, each with its advice
export function connectFailure(
  host: SshHost,
  error: unknown,
  seen: { readonly tried: readonly string[]; readonly accepts: readonly string[] },
): LabError {
  if (error instanceof LabError) return error;
  const where = `${host.hostName}:${host.port}`;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const level = error instanceof Error && 'level' in error ? String(error.level) : '';
  const said = messageOf(error);
  if (level === 'client-authentication') {
    const tried = seen.tried.length === 0 ? 'there was no key to try' : `tried ${seen.tried.join('; ')}`;
    const accepts = seen.accepts.length === 0 ? '' : `; the server accepts ${seen.accepts.join(', ')}`;
    const hint =
      seen.tried.length === 0
        ? 'make a key and bring it there: ssh-keygen -t ed25519, then ssh-copy-id'
        : `put the right key into the agent (ssh-add FILE), or bring one there: ssh-copy-id -p ${host.port} ${host.user}@${host.hostName}`;
    return failure(
      'authentication',
      `${host.user}@${where} refused the login: ${tried}${accepts}`,
      hint,
      error,
    );
  }
  switch (code) {
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return failure(
        'host-unknown',
        `no host is called ${host.hostName}`,
        'check the name, or give it a HostName in ~/.ssh/config',
        error,
      );
    case 'ECONNREFUSED':
      return failure(
        'refused',
        `${where} refused the connection: no SSH server listens there`,
        'start sshd on the host, or give its port: ssh://user@host:port',
        error,
      );
    case 'EHOSTUNREACH':
    case 'ENETUNREACH':
    case 'EADDRNOTAVAIL':
      return failure(
        'unreachable',
        `no way leads to ${where} (${code})`,
        'check that the host runs and that its network can be reached',
        error,
      );
  }
  if (code === 'ETIMEDOUT' || level === 'client-timeout') {
    return failure(
      'time-out',
      `${where} did not answer in time`,
      'check that the host runs and that no firewall drops the connection',
      error,
    );
  }
  if (level === 'handshake' && /no matching/i.test(said)) {
    return failure(
      'no-agreement',
      `${where} and the lab have no algorithm in common: ${said}`,
      'allow a current key exchange and cipher in its sshd_config',
      error,
    );
  }
  return failure(
    'closed',
    `${where} closed the connection: ${said}`,
    'look into the log of its sshd (journalctl -u ssh)',
    error,
  );
}

/** A key that was not accepted; raised before anything of the user was sent. */
export function keyFailure(host: SshHost, verdict: KeyVerdict, fingerprint: string): LabError {
  const name = host.port === 22 ? host.keyName : `[${host.keyName}]:${host.port}`;
  const file = host.knownHostsFiles[0] ?? '~/.ssh/known_hosts';
  if (verdict.kind === 'unknown' || verdict.kind === 'known') {
    return failure(
      'host-key-unknown',
      `the host key of ${name} is not known (${fingerprint})`,
      `compare the fingerprint, then: ssh-keyscan -p ${host.port} ${host.hostName} >> ${file}`,
    );
  }
  if (verdict.kind === 'revoked') {
    return failure(
      'host-key-revoked',
      `the host key of ${name} was revoked (${fingerprint}, ${verdict.line})`,
      "do not connect; ask the host's administrator for its new key",
    );
  }
  return failure(
    'host-key-changed',
    `the host key of ${name} is another than the known one (${fingerprint}; known: ${verdict.lines.join(', ')}). ` +
      'The host was set up again, or somebody intercepts the connection',
    `when you know that it was set up again: ssh-keygen -R '${name}' -f ${file}`,
  );
}

export function connectionLost(host: SshHost, doing: string, cause?: unknown): LabError {
  return failure(
    'lost',
    `the connection to ${host.name} was lost ${doing}`,
    'run the same command again when the host can be reached',
    cause,
  );
}

export function noAnswer(host: SshHost, what: string, ms: number): LabError {
  return failure(
    'time-out',
    `${host.name} did not answer within ${ms} ms: ${what}`,
    'look whether the host is overloaded, or give it more time',
  );
}
