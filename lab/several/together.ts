import type { Diagnosis, Finding, Instance, SlowWait } from '../analysis/model/diagnosis.js';
import { cyclesAcross } from './across.js';
import { acrossFinding, acrossRule, acrossSlow } from './across-finding.js';
import { sameCauses } from './same-cause.js';

/** A core with its diagnosis, made with what it tells of its network. */
export interface LookedAt {
  /** Its core, as it was named. */
  readonly name: string;
  readonly pid: number | undefined;
  /** When it was written, as far as that is known. */
  readonly taken: Date | undefined;
  readonly diagnosis: Diagnosis;
}

/**
 * Several processes as one diagnosis: what they wait for among themselves, and each root cause once. The verdict is that
 * of the worst finding; a process that waits for another one has none by itself.
 */
export function diagnoseTogether(looked: readonly LookedAt[]): Diagnosis {
  const instances: Instance[] = looked.map(({ name, pid, taken, diagnosis }, i) => ({
    ...{ id: `I${i + 1}`, name, pid: pid ?? null, taken: taken?.toISOString() ?? null, diagnosis },
  }));
  const [first] = instances;
  if (first === undefined) throw new Error('no process');
  const processes = instances.map(({ id, diagnosis }, i) => {
    const taken = looked[i]?.taken?.getTime();
    return { id, diagnosis, taken: taken === undefined ? undefined : taken / 1_000 };
  });
  const cycles = cyclesAcross(processes);
  const across = cycles.filter(({ ends }) => !ends).map((cycle) => acrossFinding(cycle, ''));
  const findings = inOrder([...across, ...sameCauses(instances)]).map((one, i) => ({
    ...one,
    id: `F${i + 1}`,
  }));
  const verdict = verdictOf(findings, instances);
  const all = instances.map(({ diagnosis }) => diagnosis);
  return {
    schema: 'lab.diagnosis/1',
    verdict,
    scope:
      verdict !== 'deadlock' ? null : all.every(({ scope }) => scope === 'global') ? 'global' : 'partial',
    summary: summaryOf(findings, instances),
    process: { ...first.diagnosis.process, goroutines: goroutinesOf(all) },
    ...(first.diagnosis.delve === undefined ? {} : { delve: first.diagnosis.delve }),
    findings,
    ...listsOf(instances, findings, cycles.filter(({ ends }) => ends).flatMap(acrossSlow)),
    instances,
    stats: {
      engine: first.diagnosis.stats.engine,
      wallMs: sum(all, ({ stats }) => stats.wallMs),
      peakRssBytes: Math.max(...all.map(({ stats }) => stats.peakRssBytes)),
      crossChecked: sum(all, ({ stats }) => stats.crossChecked),
      crossCheckMismatches: sum(all, ({ stats }) => stats.crossCheckMismatches),
    },
    limits: limitsOf(instances),
  };
}

const sum = <T>(all: readonly T[], value: (one: T) => number): number =>
  all.reduce((total, one) => total + value(one), 0);

const isSure = ({ certainty }: Finding): boolean => certainty === 'proved' || certainty === 'strong';

/** What is sure comes first; what goes through processes before what each has by itself. */
const inOrder = (findings: readonly Finding[]): readonly Finding[] =>
  findings.toSorted((a, b) => Number(isSure(b)) - Number(isSure(a)));

function verdictOf(findings: readonly Finding[], instances: readonly Instance[]): Diagnosis['verdict'] {
  if (findings.some(isSure)) return 'deadlock';
  const decided = instances.every(({ diagnosis }) => diagnosis.verdict === 'none');
  return findings.length === 0 && decided ? 'none' : 'unknown';
}

function summaryOf([first]: readonly Finding[], instances: readonly Instance[]): string {
  const all = instances.length;
  if (first === undefined) {
    const undecided = instances.filter(({ diagnosis }) => diagnosis.verdict === 'unknown');
    return undecided.length === 0
      ? `No deadlock found in ${all} processes, and none between them.`
      : `No deadlock was found in ${all} processes, but ${undecided.map(({ id }) => id).join(', ')} could not be decided.`;
  }
  if (first.rule === acrossRule) return first.explanation;
  const seen = first.instances?.length ?? 0;
  const told = instances.find(({ id }) => id === first.instances?.[0]?.instance);
  const sentence = told?.diagnosis.summary ?? first.explanation;
  return `${seen} of ${all} processes, ${told?.id ?? ''} among them: ${sentence}`;
}

function goroutinesOf(all: readonly Diagnosis[]): Diagnosis['process']['goroutines'] {
  const counts = all.map(({ process }) => process.goroutines);
  return {
    total: sum(counts, ({ total }) => total),
    user: sum(counts, ({ user }) => user),
    system: sum(counts, ({ system }) => system),
    blocked: sum(counts, ({ blocked }) => blocked),
  };
}

/** Groups and objects of all, each with the process that it is of. */
function listsOf(
  instances: readonly Instance[],
  findings: readonly Finding[],
  ending: readonly SlowWait[],
): Pick<Diagnosis, 'groups' | 'userLocations' | 'objects' | 'slow'> {
  const counts = new Map<string, Diagnosis['userLocations'][number]>();
  for (const one of instances.flatMap(({ diagnosis }) => diagnosis.userLocations)) {
    const key = `${one.function}:${one.line}`;
    counts.set(key, { ...one, count: one.count + (counts.get(key)?.count ?? 0) });
  }
  // What it is slow for is told by the finding.
  const cycles = findings.filter(({ rule }) => rule === acrossRule);
  const inCycle = (instance: string, goroutine: number) =>
    cycles.some(({ rootCause }) => rootCause.edges.some(({ to }) => to === `${instance}.G${goroutine}`));
  const own = instances.flatMap(({ id, diagnosis }) =>
    (diagnosis.slow ?? [])
      .filter(({ goroutine }) => !inCycle(id, goroutine))
      .map((one) => ({
        ...{ ...one, text: `${id}: ${one.text}` },
        groups: one.groups.map((group) => `${id}.${group}`),
      })),
  );
  return {
    groups: instances.flatMap(({ id, diagnosis }) =>
      diagnosis.groups.map((group) => ({ ...group, id: `${id}.${group.id}`, instance: id })),
    ),
    userLocations: [...counts.values()].sort((a, b) => b.count - a.count),
    objects: instances.flatMap(({ id, diagnosis }) =>
      (diagnosis.objects ?? []).map((one) => ({
        ...{ ...one, id: `${id}.${one.id}`, instance: id },
        groups: one.groups.map((group) => `${id}.${group}`),
      })),
    ),
    ...(own.length + ending.length === 0 ? {} : { slow: [...ending, ...own] }),
  };
}

/** The same limit of all processes is told once. */
function limitsOf(instances: readonly Instance[]): string[] {
  const whose = new Map<string, string[]>();
  for (const { id, diagnosis } of instances) {
    for (const limit of diagnosis.limits) whose.set(limit, [...(whose.get(limit) ?? []), id]);
  }
  return [...whose].map(([limit, ids]) =>
    ids.length === instances.length ? limit : `${ids.join(', ')}: ${limit}`,
  );
}
