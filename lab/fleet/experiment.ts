import { relative } from 'node:path';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import { messageOf, toLabError } from '../errors.js';
import type { Emit } from '../events.js';
import { writeJson } from '../json-file.js';
import { plannedIn } from '../stages/index.js';
import type { Conclusion } from '../store/run-record.js';
import type { Run } from '../store/run-store.js';
import { localTarget } from '../targets/local.js';
import { concludeChecklist, conclusion } from '../verdict.js';
import { fleetChecklist } from './checklist.js';
import { concludeFleet } from './conclude.js';
import { type DiagnosedCore, diagnoseInstances, diagnosisFile } from './diagnose.js';
import { type Fate, fatesOf, orderOfHangs } from './fates.js';
import { leashed } from './leash.js';
import { type Lived, live } from './live.js';
import type { FleetResult } from './result.js';
import { fleetCauses, fleetDiagnosis } from './same-cause.js';
import { serviceText } from './state.js';

/** `fleet.json`, what came out. */
export const resultFile = 'fleet.json';

/**
 * The fleet's experiment: several instances behind a load balancer are loaded until they hang one after the other; each
 * gives its core while the others serve; the cores are diagnosed when everything is gone, and one root cause in several
 * of them is one finding. Whatever happens, nothing that was started is left when this returns or throws.
 */
export async function runFleet(
  run: Run,
  emit: Emit,
  signal: AbortSignal,
): Promise<{ readonly conclusion: Conclusion; readonly fleet: FleetResult }> {
  try {
    const lived = await live({ run, target: await leashed(localTarget()), emit, signal });
    const cores = lived.instances.flatMap(({ name, pid, captured }) =>
      captured?.kind === 'taken' ? [{ name, pid, core: captured.bundle.core, exe: captured.bundle.exe }] : [],
    );
    const diagnosed = await diagnoseInstances(run, cores, emit, signal);
    const together = fleetDiagnosis(diagnosed);
    if (together !== undefined) await writeJson(run.file(diagnosisFile), together);
    const { conclusion: found, fleet } = conclude(run, lived, diagnosed, together);
    await writeJson(run.file(resultFile), fleet);
    await writeJson(run.file('checklist.json'), fleet.checklist);
    await run.conclude(found);
    return { conclusion: found, fleet };
  } catch (thrown) {
    const error = toLabError(thrown);
    await run.conclude(conclusion('unknown', error.message, [messageOf(error)])).catch(() => {});
    throw thrown;
  }
}

function conclude(
  run: Run,
  lived: Lived,
  diagnosed: readonly DiagnosedCore[],
  together: Diagnosis | undefined,
): { conclusion: Conclusion; fleet: FleetResult } {
  const { config, scenario } = plannedIn(run);
  const { driven, recovery, samples } = lived;
  const fates = fatesOf(samples);
  const diagnoses = new Map(diagnosed.map(({ name, diagnosis }) => [name, diagnosis]));
  const uncaptured = new Map(
    lived.instances.flatMap(({ name, captured }) =>
      captured?.kind === 'failed' ? [[name, captured.why]] : [],
    ),
  );
  const findings = fleetCauses(diagnosed);
  const { end, startedAt } = driven.escalation;
  // The article tells of the service that `fleet` runs.
  const claims = { fixed: config.fixed, loadStartedAt: startedAt, fates, samples, held: driven.held };
  const siblings = scenario.server.siblings === true;
  const rows = siblings ? [] : fleetChecklist(claims);
  const seen = concludeFleet({
    ...{ fixed: config.fixed, scenario, fates, loadEnd: end, balancerExit: driven.balancerExit },
    ...{ diagnoses, together: siblings ? together : undefined, uncaptured, findings, recovery },
    held: driven.held,
  });
  return {
    conclusion: concludeChecklist(seen, rows),
    fleet: {
      schema: 'lab.fleet/1',
      ...{ options: lived.options, balancer: lived.balancer },
      service: serviceText(fates.map(({ state }) => state)),
      loadStartedAt: startedAt,
      hangs: [...orderOfHangs(fates)],
      instances: lived.instances.map((one) => told(run, one, fates, diagnoses)),
      findings: [...findings],
      recovery: recovery ?? null,
      held: driven.held ?? null,
      checklist: [...rows],
    },
  };
}

function told(
  run: Run,
  { name, pid, url, host, captured }: Lived['instances'][number],
  fates: readonly Fate[],
  diagnoses: ReadonlyMap<string, Diagnosis>,
): FleetResult['instances'][number] {
  const fate = fates.find((one) => one.name === name);
  const bundle = captured?.kind === 'taken' ? captured.bundle : undefined;
  const diagnosis = diagnoses.get(name);
  const here = (path: string | undefined) => (path === undefined ? null : relative(run.dir, path));
  return {
    ...{ name, pid, url, host },
    ...{ state: fate?.state ?? 'starting', why: fate?.why ?? 'nobody looked at it' },
    hungAt: fate?.hungAt ?? null,
    answeredAgain: fate?.answeredAgain ?? 0,
    seenByHttpMs: fate?.seenByHttpMs ?? null,
    seenByTcpMs: fate?.seenByTcpMs ?? null,
    ...{ core: here(bundle?.core), exe: here(bundle?.exe), pausedMs: bundle?.pausedMs ?? null },
    uncaptured: captured?.kind === 'failed' ? captured.why : null,
    diagnosis:
      diagnosis === undefined
        ? null
        : {
            file: `${name}/${diagnosisFile}`,
            ...{ verdict: diagnosis.verdict, summary: diagnosis.summary },
          },
  };
}
