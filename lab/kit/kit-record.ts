import { basename } from 'node:path';
import type { Bundle } from '../capture/bundle.js';
import { builtServerSchema } from '../server/build.js';
import { type RunRecord, stageResult } from '../store/run-record.js';
import type { KitFile } from './manifest.js';

/** Stages whose results hold no more than versions and names; others quote what the server said. */
const keptStages = ['provision', 'analyze'] as const;

/** A run's record as its kit has it: what it takes to analyse it again, with paths inside of the kit. */
export function kitRecord(record: RunRecord, bundle: Bundle, core: KitFile): RunRecord {
  const stages: RunRecord['stages'] = {};
  for (const name of keptStages) {
    const stage = record.stages[name];
    if (stage !== undefined) stages[name] = stage;
  }
  const { build, capture } = record.stages;
  const built = stageResult(build, builtServerSchema);
  const exe = basename(bundle.exe);
  if (build !== undefined && built !== undefined) stages['build'] = { ...build, result: { ...built, exe } };
  if (capture !== undefined) {
    const sha256 = { ...bundle.sha256, core: core.sha256 };
    const size = { apparent: core.size, onDisk: core.size, dense: core.size };
    stages['capture'] = { ...capture, result: { ...bundle, core: core.path, exe, sha256, size } };
  }
  return { ...record, stages };
}
