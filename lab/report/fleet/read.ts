import { existsSync } from 'node:fs';
import { type Diagnosis, diagnosisSchema } from '../../analysis/model/diagnosis.js';
import { diagnosisFile } from '../../fleet/diagnose.js';
import { resultFile } from '../../fleet/experiment.js';
import { samplesFile } from '../../fleet/live.js';
import { type FleetResult, fleetResultSchema } from '../../fleet/result.js';
import { type FleetSample, readFleetSamples } from '../../fleet/sample.js';
import { readJson } from '../../json-file.js';
import { allPrintable } from '../../printable.js';
import type { RunRecord } from '../../store/run-record.js';
import type { Run } from '../../store/run-store.js';

/** All that the reports of a fleet tell. */
export interface FleetReport {
  readonly record: RunRecord;
  /** Absent of a run that did not come to its end. */
  readonly result: FleetResult | undefined;
  readonly samples: readonly FleetSample[];
  /** All cores as one; absent where none was diagnosed. */
  readonly diagnosis: Diagnosis | undefined;
}

export async function readFleetReport(run: Run): Promise<FleetReport> {
  const file = run.file(resultFile);
  const together = run.file(diagnosisFile);
  return allPrintable({
    record: run.record,
    result: existsSync(file) ? await readJson(file, fleetResultSchema) : undefined,
    samples: await readFleetSamples(run.file(samplesFile)),
    diagnosis: existsSync(together) ? await readJson(together, diagnosisSchema) : undefined,
  });
}
