import type { Diagnosis, Finding, Resource, RootGoroutine } from '../analysis/model/diagnosis.js';
import { number } from '../counted.js';
import { clock } from './across-finding.js';

/** A process with what was found in it by itself. */
export interface Diagnosed {
  readonly id: string;
  readonly diagnosis: Diagnosis;
}

interface Seen {
  readonly process: Diagnosed;
  readonly finding: Finding;
}

const order = ['proved', 'strong', 'suspected', 'unknown'] as const;

/**
 * Findings of several processes with the same root cause, each once: the same rule, the same functions that wait, and objects
 * of the same names. It is told as in the process that shows it with the most certainty.
 */
export function sameCauses(processes: readonly Diagnosed[]): readonly Finding[] {
  const byCause = new Map<string, Seen[]>();
  for (const process of processes) {
    for (const finding of process.diagnosis.findings) {
      const key = causeOf(finding);
      byCause.set(key, [...(byCause.get(key) ?? []), { process, finding }]);
    }
  }
  return [...byCause.values()].map(joined).sort((a, b) => rank(a) - rank(b) || spread(b) - spread(a));
}

const rank = ({ certainty }: Finding): number => order.indexOf(certainty);
const spread = ({ instances = [] }: Finding): number => instances.length;

/** Builds of one program may differ in lines, and processes in addresses; neither makes it another cause. */
function causeOf({ rule, subtype, rootCause }: Finding): string {
  const { goroutines, resources } = rootCause;
  const places = goroutines.map(({ userLocation, startLocation }) =>
    [userLocation.function, startLocation.function].join(' '),
  );
  const objects = resources.map(({ kind, name }) => `${kind} ${name.replace(/0x[0-9a-f]+/g, '')}`);
  return [rule, subtype, ...new Set(places.sort()), ...new Set(objects.sort())].join('\n');
}

function joined(seen: readonly Seen[]): Finding {
  const [told] = seen.toSorted((a, b) => rank(a.finding) - rank(b.finding));
  if (told === undefined) throw new Error('a cause of no process');
  const { process, finding } = told;
  const { goroutines, resources, edges } = finding.rootCause;
  const named = (id: string): string => `${process.id}.${id}`;
  const differs = differing(seen);
  return {
    ...finding,
    instances: [told, ...seen.filter((one) => one !== told)].map((one) => ({
      ...{ instance: one.process.id, finding: one.finding.id, certainty: one.finding.certainty },
      goroutines: one.finding.rootCause.goroutines.map(({ id }) => id),
      victims: one.finding.victims.goroutines,
    })),
    ...(differs.length === 0 ? {} : { differs }),
    rootCause: {
      goroutines: goroutines.map((one) => ({
        ...{ ...one, instance: process.id },
        waitsFor: one.waitsFor.map(named),
      })),
      resources: resources.map((one) => ({ ...one, id: named(one.id), instance: process.id })),
      edges: edges.map((edge) => ({ ...edge, from: named(edge.from), to: named(edge.to) })),
    },
    victims: {
      goroutines: seen.reduce((sum, one) => sum + one.finding.victims.goroutines, 0),
      groups: seen.flatMap((one) => one.finding.victims.groups.map((id) => `${one.process.id}.${id}`)),
    },
    evidence: finding.evidence.map((one) => ({ ...one, instance: process.id })),
  };
}

/** Told of at most so many values. */
const mostTold = 12;

/** What one process shows otherwise than another. */
function differing(seen: readonly Seen[]): NonNullable<Finding['differs']> {
  if (seen.length < 2) return [];
  const facts = seen.map(({ process, finding }) => ({
    id: process.id,
    ...factsOf(finding, process.diagnosis),
  }));
  const names = [...new Set(facts.flatMap(({ values }) => [...values.keys()]))];
  return names
    .map((what) => ({
      what,
      values: facts.map(({ id, values }) => ({ instance: id, value: values.get(what) ?? 'not known' })),
    }))
    .filter(({ values }) => new Set(values.map(({ value }) => value)).size > 1)
    .slice(0, mostTold);
}

function factsOf(finding: Finding, diagnosis: Diagnosis): { readonly values: ReadonlyMap<string, string> } {
  const values = new Map<string, string>();
  for (const { text } of finding.evidence) {
    const sent = /^The value it is sending: (.*)$/s.exec(text)?.[1];
    if (sent !== undefined && !values.has(sentName)) values.set(sentName, sent);
  }
  for (const one of finding.rootCause.resources) {
    const state = stateOf(one);
    if (state !== undefined) values.set(`${one.name}`, state);
  }
  for (const goroutine of finding.rootCause.goroutines) addArguments(goroutine, values);
  values.set(behind, number(finding.victims.goroutines));
  const first = firstRequest(finding, diagnosis);
  if (first !== undefined) values.set('the first request that hangs', first);
  return { values };
}

/** What is said of how many wait behind a cause. */
export const behind = 'goroutines behind it';
const sentName = 'the value it is sending';

function stateOf({ cap, len = 0, waiters }: Resource): string | undefined {
  if (cap === undefined) return undefined;
  const queue =
    waiters === undefined ? '' : `; ${number(waiters.send)} wait to send, ${number(waiters.recv)} to receive`;
  return `${len} of ${cap}${queue}`;
}

/** Arguments of the program's own frames; addresses differ in any two processes, and say nothing. */
function addArguments({ stack }: RootGoroutine, values: Map<string, string>): void {
  for (const { function: name, variables = [] } of stack) {
    for (const { name: variable, value } of variables) {
      const what = `${variable} in ${name}`;
      if (value === '' || /0x[0-9a-f]|\(unreadable|<optimized/.test(value) || values.has(what)) continue;
      values.set(what, inWords(value));
    }
  }
}

/** Of `1004410386 (1.004410386s)` what a person reads. */
const inWords = (value: string): string => /^-?\d+ \((-?[\d.]+[a-zµ][\d.a-zµ]*)\)$/.exec(value)?.[1] ?? value;

/** Of the requests that are stuck, root cause and victims alike, the one that came first. */
function firstRequest({ rootCause, victims }: Finding, { network }: Diagnosis): string | undefined {
  const roots = new Set(rootCause.goroutines.map(({ id }) => id));
  const stuck = (network?.serves ?? []).filter(
    ({ goroutine, group }) => roots.has(goroutine) || victims.groups.includes(group),
  );
  const [first] = stuck.toSorted((a, b) => a.since - b.since || a.goroutine - b.goroutine);
  return first && `goroutine ${first.goroutine}, at ${clock(first.since)} from ${first.remote}`;
}
