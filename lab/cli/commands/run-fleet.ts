import type { LabConfig } from '../../config.js';
import { LabError, toLabError } from '../../errors.js';
import type { FleetResult } from '../../fleet/result.js';
import { conclusionWords } from '../../report/conclusion-words.js';
import type { Conclusion } from '../../store/run-record.js';
import { createRun, type Run } from '../../store/run-store.js';
import type { Output } from '../context.js';
import { withProgress } from '../progress.js';
import { terminalOf } from '../screen.js';

export interface FleetRun {
  readonly run: Run;
  readonly result: { readonly conclusion: Conclusion; readonly fleet: FleetResult };
}

/** One run of `lab run fleet`; what it throws says where the evidence lies. */
export async function runFleetOnce(
  config: LabConfig,
  output: Output,
  signal: AbortSignal,
  brief: boolean,
): Promise<FleetRun> {
  const run = await createRun(config);
  try {
    // Loaded when needed: no other run has a fleet.
    const [{ runFleet }, { writeFleetReports, fleetSummary }] = await Promise.all([
      import('../../fleet/experiment.js'),
      import('../../report/fleet/files.js'),
    ]);
    const result = await withProgress(output, async (emit) => {
      const done = await runFleet(run, emit, signal);
      const { verdict, summary } = done.conclusion;
      emit({ type: 'note', text: `${conclusionWords[verdict]}: ${summary}` });
      await writeFleetReports(run);
      return done;
    });
    if (!brief) output.print(await fleetSummary(run, terminalOf(output)));
    return { run, result };
  } catch (thrown) {
    const { message, code, hint, details, cause } = toLabError(thrown);
    throw new LabError(message, {
      code,
      cause: cause ?? thrown,
      details: { ...details, evidence: run.dir },
      ...(hint === undefined ? {} : { hint }),
    });
  }
}
