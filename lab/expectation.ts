import type { Diagnosis, Finding } from './analysis/model/diagnosis.js';
import { isPoolCode } from './analysis/model/frames.js';
import type { Scenario } from './scenarios/scenario.js';

type RootGoroutine = Finding['rootCause']['goroutines'][number];

/** One thing that a scenario's manifest says of its diagnosis, and what the diagnosis says. */
export interface ExpectationRow {
  readonly what: 'verdict' | 'class' | 'function' | 'object' | 'victims' | 'rule';
  readonly expected: string;
  readonly found: string;
  readonly met: boolean;
}

/**
 * A diagnosis against what its scenario expects, row by row. Only a finding that makes the verdict can meet
 * it: a suspicion does not, unless one look at the fault cannot tell more. Of several such findings the one that meets
 * most is compared.
 */
export function expectations(
  diagnosis: Diagnosis,
  scenario: Pick<Scenario, 'class' | 'subtype' | 'expect'>,
): ExpectationRow[] {
  const expected = scenario.expect.verdict ?? 'deadlock';
  const verdict: ExpectationRow = {
    what: 'verdict',
    expected,
    found: diagnosis.verdict === expected ? expected : `${diagnosis.verdict}: ${diagnosis.summary}`,
    met: diagnosis.verdict === expected,
  };
  const isTold = (finding: Finding) => expected === 'unknown' || isAssertive(finding);
  const compared = diagnosis.findings.filter(isTold).map((finding) => rowsOf(finding, scenario));
  const met = (rows: readonly ExpectationRow[]): number => rows.filter((row) => row.met).length;
  const [best] = compared.toSorted((a, b) => met(b) - met(a));
  if (best !== undefined) return [verdict, ...best];
  const { class: kind, subtype } = scenario;
  return [verdict, { what: 'class', expected: `${kind}/${subtype}`, found: 'no finding', met: false }];
}

/** What must be seen of a repaired twin. */
export function expectationsOfFixed(diagnosis: Diagnosis): ExpectationRow[] {
  const { verdict, summary } = diagnosis;
  const found = verdict === 'none' ? 'none' : `${verdict}: ${summary}`;
  return [{ what: 'verdict', expected: 'none', found, met: verdict === 'none' }];
}

/** What is not as expected, one sentence each. */
export function complaints(rows: readonly ExpectationRow[]): string[] {
  return rows
    .filter(({ met }) => !met)
    .map(({ what, expected, found }) => `${what}: expected ${expected}, found ${found}`);
}

/** Findings that may make the verdict `deadlock`. */
export function isAssertive({ certainty }: Pick<Finding, 'certainty'>): boolean {
  return certainty === 'proved' || certainty === 'strong';
}

function rowsOf(
  finding: Finding,
  { class: kind, subtype, expect }: Pick<Scenario, 'class' | 'subtype' | 'expect'>,
): ExpectationRow[] {
  const { goroutines, resources } = finding.rootCause;
  const functions = unique(goroutines.map(placeOf));
  const names = unique(resources.map((resource) => resource.name));
  return [
    {
      what: 'class',
      expected: `${kind}/${subtype}`,
      found: `${finding.class}/${finding.subtype}`,
      met: finding.class === kind && finding.subtype === subtype,
    },
    ...(expect.rule === undefined
      ? []
      : [
          {
            what: 'rule' as const,
            expected: expect.rule,
            found: finding.rule,
            met: finding.rule === expect.rule,
          },
        ]),
    {
      what: 'function',
      expected: expect.functions.join(' or '),
      found: functions.join(', ') || 'none',
      met: functions.some((name) => expect.functions.includes(name)),
    },
    ...expect.resources.map((name) => ({
      what: 'object' as const,
      expected: name,
      found: names.join(', ') || 'none',
      met: names.includes(name),
    })),
    ...(expect.victimsAtLeast === 0 ? [] : [victimsRow(finding, expect.victimsAtLeast)]),
  ];
}

function victimsRow({ victims }: Finding, atLeast: number): ExpectationRow {
  const found = victims.goroutines;
  return {
    what: 'victims',
    expected: `at least ${atLeast}`,
    found: String(found),
    met: found >= atLeast,
  };
}

/** Where a goroutine waits: its innermost function that is not of the runtime, of the locks or of the pool themselves. */
export function placeOf({ stack, userLocation }: Pick<RootGoroutine, 'stack' | 'userLocation'>): string {
  const own = stack.find(({ function: name }) => !waitsInside.test(name) && !isPoolCode(name));
  return withoutTypeArguments((own ?? userLocation).function);
}

/** `main.each[...]`, as Go's own stacks print it: the names of the shapes differ from version to version. */
const waitsInside = /^(?:runtime|sync|internal\/[\w/]+|database\/sql)\./;

function withoutTypeArguments(name: string): string {
  return name.replace(/\[.*\]/, '[...]');
}

function unique(names: readonly string[]): string[] {
  return [...new Set(names)];
}
