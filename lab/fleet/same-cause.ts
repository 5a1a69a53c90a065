import { z } from 'zod';
import {
  type Diagnosis,
  deadlockClasses,
  deadlockSubtypes,
  type Finding,
} from '../analysis/model/diagnosis.js';
import { isAssertive, placeOf } from '../expectation.js';
import { acrossRule } from '../several/across-finding.js';
import { diagnoseTogether } from '../several/together.js';

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
  /** Of what goes through instances: who waits for whom. */
  explanation: z.string().optional(),
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
  readonly pid?: number | undefined;
  /** When its core was written, where that is known. */
  readonly taken?: Date | undefined;
  readonly diagnosis: Diagnosis;
}

/** The cores of all instances as one diagnosis, whose processes bear the instances' names. */
export function fleetDiagnosis(diagnosed: readonly DiagnosedInstance[]): Diagnosis | undefined {
  if (diagnosed.length === 0) return undefined;
  return diagnoseTogether(
    diagnosed.map(({ name, pid, taken, diagnosis }) => ({ name, pid, taken, diagnosis })),
  );
}

/** The findings that make a verdict, each root cause once; the cause of most instances comes first. Pure. */
export function fleetCauses(diagnosed: readonly DiagnosedInstance[]): readonly FleetFinding[] {
  const sure = diagnosed.map(({ diagnosis, ...one }) => ({
    ...one,
    diagnosis: { ...diagnosis, findings: diagnosis.findings.filter(isAssertive) },
  }));
  const { findings = [], instances = [] } = fleetDiagnosis(sure) ?? {};
  const names = new Map(instances.map(({ id, name }) => [id, name]));
  return findings
    .filter(isAssertive)
    .map((finding) => ofFleet(finding, (id) => names.get(id) ?? id))
    .toSorted((a, b) => b.instances.length - a.instances.length)
    .map((cause, i) => ({ id: `C${i + 1}`, ...cause }));
}

function ofFleet(finding: Finding, nameOf: (id: string) => string): Omit<FleetFinding, 'id'> {
  const { rule, class: kind, subtype, rootCause, suggestion, instances = [], differs = [] } = finding;
  return {
    ...{ rule, class: kind, subtype, suggestion },
    ...(rule === acrossRule ? { explanation: named(finding.explanation, nameOf) } : {}),
    certainty: instances.map(({ certainty }) => certainty).reduce(lesser, finding.certainty),
    functions: unique(rootCause.goroutines.map(placeOf)),
    resources: unique(rootCause.resources.map(({ name }) => name)),
    instances: instances.map(({ instance, ...rest }) => ({ name: nameOf(instance), ...rest })),
    differs: differs.map(({ what, values }) => ({
      what,
      values: values.map(({ instance, value }) => ({ name: nameOf(instance), value })),
    })),
  };
}

function lesser(a: FleetFinding['certainty'], b: FleetFinding['certainty']): FleetFinding['certainty'] {
  return certainties.indexOf(a) > certainties.indexOf(b) ? a : b;
}

/** Processes are `I1`, `I2` where they have no names. */
const named = (text: string, nameOf: (id: string) => string): string => text.replace(/\bI\d+\b/g, nameOf);

/** `main.Metrics.inChannel, communication/channel, in i1, i2 and i3` */
export function causeText({ functions, resources, instances, explanation, ...kind }: FleetFinding): string {
  // Where there is an explanation it names them.
  const at = explanation === undefined ? ` at ${[...resources, ...functions].join(', ')}` : '';
  return `${kind.class}/${kind.subtype} (${kind.rule})${at}: in ${listed(instances.map(({ name }) => name))}`;
}

/** `i1, i2 and i3` */
export function listed(names: readonly string[]): string {
  return names.length < 2 ? (names[0] ?? 'none') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)].toSorted();
}
