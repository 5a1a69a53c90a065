import { counted, number } from '../counted.js';
import { allPrintable } from '../printable.js';
import type { Triage, TriageGroup } from '../triage/group.js';
import { clipEnd, padTo, wrap } from './wrap.js';

const mostGroups = 60;
const mostFailed = 5;

/** Groups of a triage as a table, most members first, for a terminal of `columns` columns. */
export function triageText(given: Triage, { columns }: { readonly columns: number }): string {
  const { counts, groups, items, shard } = allPrintable(given);
  const shown = groups.slice(0, mostGroups);
  const digits = Math.max(5, ...shown.map(({ count }) => String(count).length + 1));
  const lines = [...wrap(headline(counts, groups.length, shard), { width: columns })];
  for (const group of shown) {
    const head = `${group.rule ?? 'no cause yet'}${group.certainty === null ? '' : ` (${group.certainty})`}`;
    lines.push(
      '',
      clipEnd(`${padTo(`${group.count}x`, digits)} ${group.fingerprint}  ${head}${ticketOf(group)}`, columns),
    );
    const detail = { width: columns, indent: ' '.repeat(digits + 3), first: ' '.repeat(digits + 1) };
    lines.push(...wrap(placesOf(group), detail), ...wrap(sightingsOf(group), detail));
    lines.push(...wrap(`example ${group.example}`, { ...detail, whole: true }));
  }
  if (groups.length > shown.length) lines.push('', `and ${groups.length - shown.length} more groups: --json`);
  const failed = items.filter(({ state }) => state === 'failed');
  if (failed.length > 0) lines.push('');
  for (const { path, why } of failed.slice(0, mostFailed))
    lines.push(...wrap(`${path}: ${why ?? ''}`, { width: columns, indent: '        ', first: 'failed  ' }));
  if (failed.length > mostFailed) lines.push(`and ${failed.length - mostFailed} more that failed: --json`);
  return lines.join('\n');
}

function headline({ inputs, ...of }: Triage['counts'], groups: number, shard: Triage['shard']): string {
  const parts = [
    [of.hanging, 'hanging'],
    [of.healthy, 'healthy'],
    [of.unplaced, 'undecided'],
    [of.skipped, 'without goroutines'],
    [of.failed, 'failed'],
  ] as const;
  const said = parts.flatMap(([n, word]) => (n === 0 ? [] : [`${number(n)} ${word}`])).join(', ');
  const part = shard === null ? '' : `part ${shard.index}/${shard.count}: `;
  return `${part}${counted(inputs, 'input')}${said === '' ? '' : ` (${said})`}, ${counted(groups, 'group')}`;
}

const ticketOf = ({ ticket }: TriageGroup): string => (ticket === undefined ? '' : `  known: ${ticket}`);

/** Where and for what, without the rule, which stands in the line above. */
function placesOf({ of, rule }: TriageGroup): string {
  return of.filter((word) => word !== rule).join(', ');
}

/** When, in how many builds, and of what kind. */
export function sightingsOf({ firstSeen, lastSeen, builds, kinds, byStacks }: TriageGroup): string {
  const day = (time: string): string => time.slice(0, 16).replace('T', ' ');
  const when =
    firstSeen === null || lastSeen === null
      ? []
      : [`${[...new Set([day(firstSeen), day(lastSeen)])].join(' to ')} UTC`];
  const what = [
    [kinds.core, 'core'],
    [kinds.dump, 'dump'],
    [kinds.diagnosis, 'diagnosis', 'diagnoses'],
  ] as const;
  return [
    ...what.flatMap(([n, one, many]) => (n === 0 ? [] : [counted(n, one, many)])),
    ...(builds.length === 0 ? [] : [counted(builds.length, 'build')]),
    ...when,
    ...(byStacks === 0 ? [] : [`${byStacks} of them by their blocked stacks`]),
  ].join(', ');
}
