/** The public API: what a program that uses the lab may rely on (docs/library.md). */
export { type Diagnosis, diagnosisSchema } from './analysis/model/diagnosis.js';
export { analyze, compare } from './api/analyze.js';
export type {
  AnalyzeOptions,
  CallOptions,
  CoreInput,
  DumpInput,
  LookInput,
  TextInput,
} from './api/inputs.js';
export { parseDump } from './api/parse-dump.js';
export type { Comparison } from './compare/model.js';
export type { Dump } from './dump/model.js';
export { LabError, type LabErrorCode } from './errors.js';
export type { LabEvent } from './events.js';
