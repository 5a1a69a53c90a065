import { z } from 'zod';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import type { Roster } from '../analysis/model/roster.js';
import type { ChecklistRow } from '../checklist/row.js';
import type { ExpectationRow } from '../expectation.js';
import type { ProbeOutcome } from '../hang/health.js';
import type { ProcessStats } from '../hang/process-stats.js';
import type { LoadSample } from '../load/sample.js';
import type { Scenario } from '../scenarios/scenario.js';
import type { CrowdSample } from '../stampede/facts.js';
import { type RunRecord, stageResult } from '../store/run-record.js';
import type { GoroutineCount } from '../store/series.js';
import type { CommandChapter } from './page-data.js';

/** All that the reports of a run tell. */
export interface RunReport {
  readonly record: RunRecord;
  readonly diagnosis?: Diagnosis;
  /** Which goroutines its groups have: for the page alone; runs of older versions of the lab do not have it. */
  readonly roster?: Roster;
  readonly scenario: Pick<Scenario, 'title' | 'teaches'>;
  /** What the manifest expects, and what was found; empty without a diagnosis. */
  readonly expectations: readonly ExpectationRow[];
  /** The article's claims; empty for scenarios of another story. */
  readonly checklist: readonly ChecklistRow[];
  /** The raw series, oldest first. */
  readonly samples: readonly LoadSample[];
  readonly probes: readonly ProbeOutcome[];
  /** Looks at the server's process; absent in runs of older versions of the lab. */
  readonly looks?: readonly Pick<ProcessStats, 'at' | 'cpuMs' | 'rssBytes'>[];
  /** Of a stampede. */
  readonly crowd?: readonly CrowdSample[];
  readonly counts?: readonly GoroutineCount[];
  readonly files: readonly RunFile[];
  /** The commands of the transcript. */
  readonly chapters?: readonly CommandChapter[];
}

export interface RunFile {
  /** Relative to the run's folder; of a folder it ends in `/`. */
  readonly name: string;
  /** Bytes, as `ls -l` counts them; of a folder those of all files in it. */
  readonly bytes: number;
}

/** What the files of a run hold. */
const contents: readonly (readonly [RegExp, string])[] = [
  [/^transcript\.md$/, 'every command with its output, to type again'],
  [/^report\.html$/, 'this run as a page'],
  [/^report\.md$/, 'this run as text'],
  [/^diagnosis\.json$/, 'the diagnosis with its evidence'],
  [/^members\.jsonl$/, 'which goroutines each group has'],
  [/^checklist\.json$/, "the article's claims against this run"],
  [/^list_goroutines\.json$/, "Delve's list of goroutines, raw"],
  [/^core\.\d+$/, 'the core file: the memory of the server'],
  [/^server$/, 'the executable that it belongs to'],
  [/^server\.log$/, "the server's output; after SIGQUIT, all its goroutines"],
  [/^load\.jsonl$/, 'requests per second, with time stamps'],
  [/^process\.jsonl$/, 'processor time and memory of the server, with time stamps'],
  [/^goroutines\.jsonl$/, 'how many goroutines the server had under the load'],
  [/^crowd\.jsonl$/, 'memory and descriptors while the crowd grew'],
  [/^probes\.jsonl$/, 'what each probe saw, with time stamps'],
  [/^output\/?/, 'long outputs, whole'],
  [/^sources\/?/, 'the Go sources that were compiled'],
  [/^walk\.json$/, "the article's walk through the core, as data"],
  [/^run\.json$/, 'versions, configuration, stage by stage state'],
];

export function contentOf(name: string): string {
  return contents.find(([pattern]) => pattern.test(name))?.[1] ?? '';
}

/** The stages in the order in which they began, with how they ended. */
export function stagesOf({ stages }: RunRecord): { name: string; state: string; ms: number | undefined }[] {
  return Object.entries(stages)
    .sort(([, a], [, b]) => a.startedAt.localeCompare(b.startedAt))
    .map(([name, { state, ms, error }]) => ({
      name,
      state: error === undefined ? state : `${state}: ${error.message}`,
      ms,
    }));
}

const outcomeSchema = z.looseObject({ outcome: z.looseObject({ kind: z.string() }) });

/** Whether the service still answered while its goroutines were stuck: then they are a leak. */
export function stillAnswered({ stages }: Pick<RunRecord, 'stages'>): boolean {
  return stageResult(stages['load'], outcomeSchema)?.outcome.kind === 'leaked';
}
