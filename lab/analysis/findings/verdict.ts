import { countOf, numbered } from '../model/counts.js';
import type { Diagnosis, Finding } from '../model/diagnosis.js';
import type { Limits } from '../model/limits.js';
import type { Snapshot } from '../model/snapshot.js';
import { type Lack, lackOf, type Trust } from '../model/trust.js';
import type { Claim } from '../rules/rule.js';
import type { Outlooks } from './outlook.js';

/** The verdict follows from what was found, from what could not be decided, and from how far the input can be trusted. */
export function verdictOf(
  findings: readonly Finding[],
  undecided: readonly string[],
  trust: Trust,
): Diagnosis['verdict'] {
  if (findings.some(({ certainty }) => certainty === 'proved' || certainty === 'strong')) return 'deadlock';
  return findings.length > 0 || undecided.length > 0 || lackOf(trust) !== undefined ? 'unknown' : 'none';
}

export interface Concluded {
  readonly verdict: Diagnosis['verdict'];
  readonly claims: readonly Claim[];
  readonly snapshot: Snapshot;
  readonly undecided: readonly string[];
  readonly trust: Trust;
}

export function summaryOf({ verdict, claims, snapshot, undecided, trust }: Concluded): string {
  const [first] = claims;
  const lack = lackOf(trust);
  if (verdict === 'unknown' && lack !== undefined) return summaryOfLack(first, snapshot, lack);
  if (first !== undefined) return first.summary;
  const { user } = snapshot.goroutines;
  if (verdict === 'none')
    return `No deadlock found: as far as can be seen, ${user === 1 ? 'the one goroutine' : `each of the ${user} goroutines`} of the program runs or can be woken.`;
  const own = snapshot.buckets.filter(({ signature }) => !signature.system && signature.status === 'waiting');
  const blocked = `${countOf(own)} of them blocked`;
  return `No deadlock was found among the ${numbered(user, 'goroutine', 'goroutines')} of the program, ${blocked}, but ${undecided[0] ?? 'something could not be read'}.`;
}

function summaryOfLack(
  claim: Claim | undefined,
  { goroutines, signatures }: Snapshot,
  { why, remedy }: Lack,
): string {
  const most = signatures.find(({ system, waitReason }) => !system && waitReason !== '');
  const seen =
    claim !== undefined
      ? `It is suspected: ${claim.summary.split(/(?<=\.) /)[0] ?? ''}`
      : `Of ${goroutines.total} goroutines ${numbered(goroutines.blocked, 'is', 'are')} blocked` +
        (most === undefined
          ? '.'
          : `, ${most.count} of them in ${most.userLocation.function} ("${most.waitReason}").`);
  return `Undecided: ${why}. ${seen} ${remedy}`;
}

/** A Go program has a goroutine of its own from its first moment on: where none was read, nothing is known of it. */
export const nothingRead = ({ goroutines }: Pick<Snapshot, 'goroutines'>): Limits =>
  goroutines.user === 0 ? ['not one goroutine of the program could be read'] : [];

/** Who waits for work may have been forgotten: memory would tell who can still bring it. */
export function unearned(trust: Trust, { of }: Outlooks): Limits {
  if (trust.atMost === 'strong' || trust.withoutMemory !== true) return [];
  if (trust.incomplete !== undefined) return [trust.incomplete];
  const idle = [...of].flatMap(([bucket, { kind }]) => (kind === 'idle' ? [bucket] : []));
  const [most] = idle.toSorted((a, b) => b.count - a.count);
  if (most === undefined) return [];
  const who = numbered(countOf(idle), 'goroutine waits', 'goroutines wait');
  const { userLocation: where } = most.signature;
  return [
    `${who} for work, most of them in ${where.function}:${where.line}, and without memory it is not known whether anybody can still bring it`,
  ];
}
