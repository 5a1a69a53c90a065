import type { Health, ProbeOutcome } from './hang/health.js';
import type { ProcessStats } from './hang/process-stats.js';
import type { LoadSample, LoadStep } from './load/sample.js';
import type { CrowdSample } from './stampede/facts.js';

export type StageName =
  | 'connect'
  | 'provision'
  | 'build'
  | 'start'
  | 'load'
  | 'recover'
  | 'symptoms'
  | 'capture'
  | 'analyze'
  | 'stop'
  | 'checklist'
  | 'report';

/** What a command does that is no stage of a run. */
export type JobName = 'doctor' | 'runs' | 'clean' | 'regress' | 'facts' | 'triage' | 'watch';

/** What the stages tell while they work. Only `report/` and `scripts/` turn it into text. */
export type LabEvent =
  | { readonly type: 'stage-started'; readonly stage: StageName | JobName; readonly text: string }
  | {
      readonly type: 'stage-finished';
      readonly stage: StageName | JobName;
      readonly ms: number;
      readonly text: string;
    }
  /** What a stage is at; of no interest once it is done. */
  | { readonly type: 'progress'; readonly stage: StageName | JobName; readonly text: string }
  | { readonly type: 'load-step'; readonly step: LoadStep; readonly why: string }
  | { readonly type: 'load-sample'; readonly sample: LoadSample }
  | { readonly type: 'crowd-sample'; readonly sample: CrowdSample }
  | { readonly type: 'probe'; readonly outcome: ProbeOutcome }
  | { readonly type: 'process'; readonly stats: ProcessStats }
  /** How many goroutines the server had; `at` in milliseconds of the Unix epoch. */
  | { readonly type: 'goroutines'; readonly at: number; readonly goroutines: number }
  | { readonly type: 'health'; readonly at: number; readonly health: Health; readonly why: string }
  /** `unnamed`: the same for those who are to find the program's functions themselves. */
  | { readonly type: 'note'; readonly text: string; readonly unnamed?: string };

export type Emit = (event: LabEvent) => void;
