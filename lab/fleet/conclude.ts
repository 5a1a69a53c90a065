import type { Diagnosis } from '../analysis/model/diagnosis.js';
import { describeExit } from '../hang/judge.js';
import type { EscalationEnd } from '../load/escalate.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { Conclusion } from '../store/run-record.js';
import type { ProcessExit } from '../targets/target.js';
import { concludeDiagnosis, conclusion } from '../verdict.js';
import type { Fate } from './fates.js';
import type { Held } from './held.js';
import type { Recovery } from './recover.js';
import { type FleetFinding, listed } from './same-cause.js';
import { serviceText } from './state.js';

export interface FleetSeen {
  readonly fixed: boolean;
  readonly scenario: Scenario;
  readonly fates: readonly Fate[];
  readonly loadEnd: EscalationEnd;
  readonly balancerExit: ProcessExit | undefined;
  /** By instance: its diagnosis, or why it has no core. */
  readonly diagnoses: ReadonlyMap<string, Diagnosis>;
  /** Of instances that call each other: their cores as one diagnosis. */
  readonly together?: Diagnosis | undefined;
  readonly uncaptured: ReadonlyMap<string, string>;
  readonly findings: readonly FleetFinding[];
  readonly recovery: Recovery | undefined;
  /** Clients that all waited at what hangs, in the end. */
  readonly held?: Held | undefined;
}

/** What a fleet's run means for what was expected of it. Pure. */
export function concludeFleet(seen: FleetSeen): Conclusion {
  const disturbed = disturbances(seen);
  const service = serviceText(seen.fates.map(({ state }) => state));
  if (disturbed.length > 0) {
    return conclusion('unknown', `${service}; the run was disturbed from outside`, disturbed);
  }
  return seen.fixed ? concludeFixed(seen) : concludeFaulty(seen, service);
}

/** What nobody can conclude anything from: it was no doing of the program. */
function disturbances({ balancerExit, fates, uncaptured, loadEnd }: FleetSeen): string[] {
  return [
    ...(balancerExit === undefined ? [] : [`the balancer: ${describeExit(balancerExit)}`]),
    ...(loadEnd.kind === 'lost' ? [loadEnd.message] : []),
    ...fates
      .filter(({ state }) => ['ended', 'paused', 'refusing', 'cut-off'].includes(state))
      .map(({ name, why }) => `${name}: ${why}`),
    ...[...uncaptured].map(([name, why]) => `${name} has no core: ${why}`),
  ];
}

function concludeFixed({ fates, diagnoses, together, scenario }: FleetSeen): Conclusion {
  const bad = fates.filter(({ state }) => state !== 'serving');
  if (bad.length > 0) {
    return conclusion(
      bad.some(({ state }) => state === 'hung') ? 'refuted' : 'unknown',
      `of the repaired instances ${listed(bad.map(({ name }) => name))} did not bear the load`,
      bad.map(({ name, state, why }) => `${name} is ${state}: ${why}`),
    );
  }
  const each = [...toldOf({ diagnoses, together })].map(([name, diagnosis]) => ({
    name,
    conclusion: concludeDiagnosis(diagnosis, scenario, true),
  }));
  const worst = worstOf(each);
  if (diagnoses.size < fates.length && worst === undefined) {
    return conclusion('unknown', 'not every repaired instance gave a core in the midst of its work', [
      `the load ended with ${diagnoses.size} of ${fates.length} cores taken: give it more time, --load-timeout 90`,
    ]);
  }
  return (
    worst ??
    conclusion(
      'confirmed',
      `${fates.length === 2 ? 'both' : `all ${fates.length}`} repaired instances bore the load, and their cores show no deadlock`,
    )
  );
}

function concludeFaulty(seen: FleetSeen, service: string): Conclusion {
  const { fates, findings, recovery, held } = seen;
  const hung = fates.filter(({ state }) => state === 'hung');
  // One that holds every client hangs the service.
  const wanted = held === undefined ? Math.min(2, fates.length) : 1;
  const undecided = fates.filter(({ state }) => state === 'overloaded' || state === 'starting');
  if (hung.length < wanted && undecided.length > 0) {
    return conclusion(
      'unknown',
      `${service}: whether the rest hangs was not decided`,
      undecided.map(({ name, why }) => `${name}: ${why}`),
    );
  }
  if (hung.length === 0) {
    return conclusion('refuted', 'no instance hung', [`after the load: ${service}`]);
  }
  if (hung.length < wanted) {
    return conclusion('unknown', `only ${hung[0]?.name} hung before the load was over`, [
      'several instances were to hang: give the load more time, --load-timeout 90',
    ]);
  }
  const worst = worstOf(concludeHung(seen, hung));
  if (worst !== undefined) return worst;
  const [cause] = findings;
  if (findings.length !== 1 || cause === undefined) {
    return conclusion('refuted', 'the instances do not hang for one reason', [
      `${findings.length} root causes were found in ${hung.length} cores`,
    ]);
  }
  const back = recovery === undefined ? undefined : concludeRecovery(recovery, fates);
  if (back !== undefined) return back;
  return conclusion(
    'confirmed',
    `${service}${reasonOf(cause)}${heldText(held, hung, fates)}${
      recovery === undefined
        ? ''
        : `; after a rolling restart ${fates.length === 2 ? 'both' : `all ${fates.length}`} serve`
    }`,
  );
}

/** Said where others would have served. */
function heldText(held: Held | undefined, hung: readonly Fate[], fates: readonly Fate[]): string {
  if (held === undefined || hung.length === fates.length) return '';
  const { by, connections } = held;
  return `; ${listed(by)} held every client of a load with ${connections.toLocaleString('en-US')} connections`;
}

/** What goes through instances is told by who waits for whom. */
function reasonOf({ explanation, resources, functions }: FleetFinding): string {
  return explanation === undefined
    ? `, for one reason: ${resources.join(', ')} in ${functions.join(', ')}`
    : `: ${explanation.slice(0, explanation.indexOf(':'))}`;
}

/** What each core says of the scenario; where instances wait for each other, none does alone. */
function concludeHung(
  { diagnoses, together, scenario }: FleetSeen,
  hung: readonly Fate[],
): readonly Concluded[] {
  const missing = hung
    .filter(({ name }) => !diagnoses.has(name))
    .map(({ name }) => ({
      name,
      conclusion: conclusion('unknown', 'it hung when the load was over, and no core of it was taken'),
    }));
  const told = [...toldOf({ diagnoses, together })]
    .filter(([name]) => together !== undefined || hung.some((one) => one.name === name))
    .map(([name, diagnosis]) => ({ name, conclusion: concludeDiagnosis(diagnosis, scenario, false) }));
  return [...missing, ...told];
}

function toldOf({
  diagnoses,
  together,
}: Pick<FleetSeen, 'diagnoses' | 'together'>): ReadonlyMap<string, Diagnosis> {
  return together === undefined ? diagnoses : new Map([['all together', together]]);
}

interface Concluded {
  readonly name: string;
  readonly conclusion: Conclusion;
}

function concludeRecovery(
  { steps, visits, serving }: Recovery,
  fates: readonly Fate[],
): Conclusion | undefined {
  const missing = fates.map(({ name }) => name).filter((name) => !serving.includes(name));
  if (missing.length > 0) {
    return conclusion('refuted', 'the rolling restart did not bring the service back', [
      `${listed(missing)} did not serve after it; ${steps.length} of ${fates.length} instances were restarted`,
    ]);
  }
  if (visits.failed === 0) return undefined;
  return conclusion('refuted', 'requests failed during the rolling restart', [
    `${visits.failed} of ${visits.failed + visits.answered} requests of a visitor`,
  ]);
}

function worstOf(each: readonly Concluded[]): Conclusion | undefined {
  const worst =
    each.find((one) => one.conclusion.verdict === 'refuted') ??
    each.find((one) => one.conclusion.verdict === 'unknown');
  if (worst === undefined) return undefined;
  const { verdict, summary, reasons } = worst.conclusion;
  return conclusion(verdict, `${worst.name}: ${summary}`, reasons);
}
