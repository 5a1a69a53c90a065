import type { Triage } from '../../lab/triage/group.js';

/** How far the groups are the programs. */
export interface Sorted {
  readonly groups: number;
  readonly programs: number;
  /** Programs that are one group, and that group nothing else. */
  readonly right: number;
  /** Of each other program: how many of its dumps lie in which group, with who else is in there. */
  readonly wrong: readonly string[];
  /** Dumps that lie elsewhere than most of their program, or among more of another one. */
  readonly misplaced: number;
}

/** A dump's name begins with that of its program, up to a `+`. */
export function compareWithTruth({ groups, items }: Triage): Sorted {
  const programOf = (path: string): string => path.split('/').at(-1)?.split('+')[0] ?? '';
  const programs = new Map<string, Map<string, number>>();
  const members = groups.map((group) => ({
    fingerprint: group.fingerprint,
    by: countBy(group.members.map(programOf)),
  }));
  for (const { fingerprint, by } of members) {
    for (const [program, count] of by) {
      const places = programs.get(program) ?? new Map<string, number>();
      programs.set(program, places.set(fingerprint, count));
    }
  }
  const homeOf = new Map(members.map(({ fingerprint, by }) => [fingerprint, mostOf(by)]));
  const all = countBy(items.map(({ path }) => programOf(path)));
  const wrong: string[] = [];
  let misplaced = 0;
  for (const [program, count] of all) {
    const places = programs.get(program) ?? new Map<string, number>();
    const main = mostOf(places);
    const isAlone = members.find(({ fingerprint }) => fingerprint === main)?.by.size === 1;
    if (places.size === 1 && isAlone && places.get(main ?? '') === count) continue;
    const atHome = homeOf.get(main ?? '') === program ? (places.get(main ?? '') ?? 0) : 0;
    misplaced += count - atHome;
    const where = [...places].map(([print, n]) => `${n} in ${print} (${[...namesIn(print)].join(', ')})`);
    wrong.push(`${program}, ${count} dumps: ${where.join('; ') || 'in no group'}`);
  }
  return { groups: groups.length, programs: all.size, right: all.size - wrong.length, wrong, misplaced };

  function namesIn(print: string): Iterable<string> {
    return members.find(({ fingerprint }) => fingerprint === print)?.by.keys() ?? [];
  }
}

function countBy(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}

function mostOf(counts: ReadonlyMap<string, number>): string | undefined {
  return [...counts].sort(([, a], [, b]) => b - a)[0]?.[0];
}
