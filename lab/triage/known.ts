import { readFile } from 'node:fs/promises';
import { LabError, messageOf } from '../errors.js';
import type { Triage } from './group.js';

/**
 * Reads which causes are known: a line of a fingerprint and the words of a ticket each; `#` begins a comment. Throws
 * `usage`.
 */
export async function readKnown(file: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new LabError(`cannot read ${file}: ${messageOf(cause)}`, {
      code: 'usage',
      hint: 'check the path',
      cause,
    });
  });
  const known = new Map<string, string>();
  for (const [i, line] of text.split(/\r?\n/).entries()) {
    if (/^\s*(?:#|$)/.test(line)) continue;
    const [, fingerprint, ticket] = /^\s*((?:cause|stacks)-[\da-f]{16})\s+(\S.*?)\s*$/.exec(line) ?? [];
    if (fingerprint === undefined || ticket === undefined) {
      throw new LabError(`${file}:${i + 1} is no fingerprint with a ticket`, {
        ...{
          code: 'usage',
          hint: 'write lines like: cause-0123456789abcdef SHOP-17 stock and cart lock each other',
        },
      });
    }
    known.set(fingerprint, ticket);
  }
  return known;
}

/** The same triage with the tickets of its groups. */
export function withTickets(triage: Triage, known: ReadonlyMap<string, string>): Triage {
  const groups = triage.groups.map(({ ticket: _, ...group }) => {
    const ticket = known.get(group.fingerprint);
    return ticket === undefined ? group : { ...group, ticket };
  });
  return { ...triage, groups };
}
