import { z } from 'zod';
import {
  type Diagnosis,
  deadlockClasses,
  deadlockSubtypes,
  type Finding,
} from '../analysis/model/diagnosis.js';
import { isAssertive, placeOf } from '../expectation.js';
import { sameCauses } from '../several/same-cause.js';

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
  instances: z.array(
    z.object({
      name: z.string(),
      /** In the diagnosis of that instance. */
      finding: z.string().nullable(),
      goroutines: z.array(z.number().int()),
      certainty: z.enum(certainties),
      victims: z.number().int(),
    }),
  ),
  /** Values that are not the same in all of them, by what they are: `the value it is sending`. */
  differs: z.array(
    z.object({ what: z.string(), values: z.array(z.object({ name: z.string(), value: z.string() })) }),
  ),
});

export type FleetFinding = z.infer<typeof fleetFindingSchema>;

export interface DiagnosedInstance {
  readonly name: string;
  readonly diagnosis: Diagnosis;
}

/** The findings that make a verdict, each root cause once; the cause of most instances comes first. Pure. */
export function fleetCauses(diagnosed: readonly DiagnosedInstance[]): readonly FleetFinding[] {
  const processes = diagnosed.map(({ name, diagnosis }) => ({
    id: name,
    diagnosis: { ...diagnosis, findings: diagnosis.findings.filter(isAssertive) },
  }));
  return sameCauses(processes)
    .map(ofFleet)
    .toSorted((a, b) => b.instances.length - a.instances.length)
    .map((cause, i) => ({ id: `C${i + 1}`, ...cause }));
}

function ofFleet(finding: Finding): Omit<FleetFinding, 'id'> {
  const { rule, class: kind, subtype, rootCause, suggestion, instances = [], differs = [] } = finding;
  return {
    ...{ rule, class: kind, subtype, suggestion },
    certainty: instances.map(({ certainty }) => certainty).reduce(lesser, finding.certainty),
    functions: unique(rootCause.goroutines.map(placeOf)),
    resources: unique(rootCause.resources.map(({ name }) => name)),
    instances: instances.map(({ instance, ...rest }) => ({ name: instance, ...rest })),
    differs: differs.map(({ what, values }) => ({
      what,
      values: values.map(({ instance, value }) => ({ name: instance, value })),
    })),
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
