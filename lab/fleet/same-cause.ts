import { z } from 'zod';
import {
  type Diagnosis,
  deadlockClasses,
  deadlockSubtypes,
  type Finding,
} from '../analysis/model/diagnosis.js';
import { isAssertive, placeOf } from '../expectation.js';

const certainties = ['proved', 'strong', 'suspected', 'unknown'] as const;

/** One root cause, with the instances in whose cores it was found. */
export const fleetFindingSchema = z.object({
  id: z.string(),
  rule: z.string(),
  class: z.enum(deadlockClasses),
  subtype: z.enum(deadlockSubtypes),
  /** The least of those of its instances. */
  certainty: z.enum(certainties),
  /** Functions in which the root cause's goroutines wait, and what they wait for. */
  functions: z.array(z.string()),
  resources: z.array(z.string()),
  suggestion: z.string(),
  /** What is the same in all of them is above; this is what differs. */
  instances: z.array(
    z.object({
      name: z.string(),
      /** In the diagnosis of that instance. */
      finding: z.string(),
      goroutines: z.array(z.number().int()),
      victims: z.number().int(),
      /** The value that the root cause's goroutine cannot get rid of, where it was read. */
      sending: z.string().nullable(),
    }),
  ),
});

export type FleetFinding = z.infer<typeof fleetFindingSchema>;

export interface DiagnosedInstance {
  readonly name: string;
  readonly diagnosis: Diagnosis;
}

/**
 * The findings that make a verdict, each root cause once: two cores have the same one when rule, kind, functions and
 * objects are the same. The cause of most instances comes first. Pure.
 */
export function sameCauses(diagnosed: readonly DiagnosedInstance[]): readonly FleetFinding[] {
  const causes = new Map<string, FleetFinding>();
  for (const { name, diagnosis } of diagnosed) {
    for (const finding of diagnosis.findings.filter(isAssertive)) {
      const functions = unique(finding.rootCause.goroutines.map(placeOf));
      const resources = unique(finding.rootCause.resources.map((resource) => resource.name));
      const key = JSON.stringify([finding.rule, finding.class, finding.subtype, functions, resources]);
      const before = causes.get(key);
      causes.set(key, {
        id: before?.id ?? `C${causes.size + 1}`,
        ...{ rule: finding.rule, class: finding.class, subtype: finding.subtype },
        certainty: before === undefined ? finding.certainty : lesser(before.certainty, finding.certainty),
        ...{ functions, resources, suggestion: finding.suggestion },
        instances: [...(before?.instances ?? []), ofInstance(name, finding)],
      });
    }
  }
  return [...causes.values()].toSorted((a, b) => b.instances.length - a.instances.length);
}

function ofInstance(name: string, finding: Finding): FleetFinding['instances'][number] {
  const sending = finding.evidence.map(({ text }) => /^The value it is sending: (.+)$/s.exec(text)?.[1]);
  return {
    name,
    finding: finding.id,
    goroutines: finding.rootCause.goroutines.map(({ id }) => id),
    victims: finding.victims.goroutines,
    sending: sending.find((text) => text !== undefined) ?? null,
  };
}

function lesser(a: FleetFinding['certainty'], b: FleetFinding['certainty']): FleetFinding['certainty'] {
  return certainties.indexOf(a) > certainties.indexOf(b) ? a : b;
}

/** `main.Metrics.inChannel, communication/channel, in i1, i2 and i3` */
export function causeText({ functions, resources, instances, ...kind }: FleetFinding): string {
  const what = [...resources, ...functions].join(', ');
  return `${kind.class}/${kind.subtype} (${kind.rule}) at ${what}: in ${listed(instances.map(({ name }) => name))}`;
}

/** `i1, i2 and i3` */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? 'none') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted();
}
