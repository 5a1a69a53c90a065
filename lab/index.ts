/** The public API: what a program that drives the lab may rely on. */
export { analyzeCore } from './analysis/analyze-core.js';
export { type Diagnosis, diagnosisSchema } from './analysis/model/diagnosis.js';
export type { Bundle } from './capture/bundle.js';
export { captureBundle } from './capture/capture.js';
export { type CellResult, runCell } from './cell.js';
export { type LabConfig, labConfigSchema, parseConfig } from './config.js';
export { LabError, type LabErrorCode } from './errors.js';
export type { Emit, LabEvent } from './events.js';
export { type Result, runExperiment } from './experiment.js';
export { scenarios } from './scenarios/index.js';
export type { Scenario } from './scenarios/scenario.js';
export { createRun, listRuns, openRun, type Run } from './store/run-store.js';
export { localTarget } from './targets/local.js';
