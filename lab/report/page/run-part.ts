import { conclusionWords } from '../conclusion-words.js';
import type { RunPart } from '../page-data.js';
import { contentOf, type RunReport, stagesOf } from '../run-report.js';
import { stampedeRows } from '../stampede-rows.js';
import { timelineOf } from './timeline.js';

/** What a page shows of a run beside its diagnosis. */
export function runPart(report: RunReport): RunPart {
  const { record, scenario, expectations, checklist, files, chapters = [] } = report;
  const { versions, machine, gitCommit, config, conclusion } = record;
  const timeline = timelineOf({
    ...report,
    looks: report.looks ?? [],
    crowd: report.crowd ?? [],
    counts: report.counts ?? [],
  });
  const stampede = stampedeRows(report);
  return {
    id: record.id,
    createdAt: record.createdAt,
    scenario: { name: config.scenario, title: scenario.title, teaches: scenario.teaches },
    conclusion: conclusion && {
      verdict: conclusion.verdict,
      word: conclusionWords[conclusion.verdict],
      reasons: conclusion.reasons,
    },
    expectations,
    checklist,
    ...(timeline === undefined ? {} : { timeline }),
    ...(stampede === undefined ? {} : { stampede }),
    stages: stagesOf(record).map(({ name, state, ms }) => ({
      name,
      state,
      ...(ms === undefined ? {} : { ms }),
    })),
    files: files.map(({ name, bytes }) => ({ name, bytes, content: contentOf(name) })),
    versions: [
      ...Object.entries(versions),
      ['machine', `${machine.os}/${machine.arch}, ${machine.cpus} CPUs`],
      ['commit', gitCommit ?? 'unknown'],
      ['configuration', JSON.stringify(config)],
    ],
    commands: chapters,
  };
}
