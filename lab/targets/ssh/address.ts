import { LabError } from '../../errors.js';

/** What a person types; everything that is absent comes from the SSH configuration. */
export interface SshAddress {
  /** Name, alias of the SSH configuration, or address; IPv6 without brackets. */
  readonly host: string;
  readonly user?: string;
  readonly port?: number;
}

/** Reads `ssh://user@host:port`; user and port may be left out. Throws `usage`. */
export function parseSshTarget(text: string): SshAddress {
  const match = /^ssh:\/\/(?:([^@/]+)@)?(\[[^\]/]+\]|[^:/@[\]]+)(?::(\d+))?\/?$/.exec(text);
  const port = match?.[3] === undefined ? undefined : Number(match[3]);
  const user = match?.[1] === undefined ? undefined : decoded(match[1]);
  const host = match?.[2]?.replace(/^\[|\]$/g, '');
  // A leading hyphen would reach ssh-like programs as an option.
  if (host === undefined || host.startsWith('-') || user?.startsWith('-') || !isPort(port))
    throw unreadable(text);
  if (user?.includes(':')) {
    throw new LabError(`${text.replace(/:[^:@]*@/, ':...@')} holds a password`, {
      code: 'usage',
      hint: 'use a key: ssh-copy-id, or ssh-add for the agent',
    });
  }
  return { host, ...(user === undefined ? {} : { user }), ...(port === undefined ? {} : { port }) };
}

function isPort(port: number | undefined): boolean {
  return port === undefined || (port >= 1 && port <= 65_535);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

function unreadable(text: string): LabError {
  return new LabError(`${text} is no address of a host`, {
    code: 'usage',
    hint: 'write it as ssh://user@host:port (user and port may be left out)',
  });
}
