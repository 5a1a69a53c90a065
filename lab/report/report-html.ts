import { createColors } from 'picocolors';
import type { Diagnosis } from '../analysis/diagnosis.js';
import { diagnosisText } from './diagnosis-text.js';
import { diagnosisPart } from './page/diagnosis-part.js';
import { pageAssets, pageFile } from './page/page-file.js';
import { runPart } from './page/run-part.js';
import type { SourceMap } from './page/source-lines.js';
import type { PageData } from './page-data.js';
import type { RunReport } from './run-report.js';

/**
 * A diagnosis as one page, without any other file. `sources` tells where the sources lie that it names; with
 * `undefined` none is read. Throws `internal` when the pages were not built.
 */
export async function diagnosisHtml(diagnosis: Diagnosis, sources: SourceMap): Promise<string> {
  const program = diagnosis.process.exe.split('/').at(-1) ?? 'the program';
  return await page(
    {
      ...{ schema: 'lab.page/1', title: `${verdictWord(diagnosis.verdict)} in ${program}` },
      ...{ madeAt: new Date().toISOString(), verdict: diagnosis.verdict, summary: diagnosis.summary },
      diagnosis: await diagnosisPart(diagnosis, sources),
    },
    diagnosis,
  );
}

/** A run as one page: `report.html`. */
export async function reportHtml(report: RunReport, sources: SourceMap): Promise<string> {
  const { record, diagnosis } = report;
  const summary = diagnosis?.summary ?? record.conclusion?.summary ?? 'This run has no conclusion.';
  return await page(
    {
      ...{ schema: 'lab.page/1', title: `Run ${record.id}`, madeAt: new Date().toISOString() },
      ...{ verdict: diagnosis?.verdict ?? 'unknown', summary },
      ...(diagnosis === undefined ? {} : { diagnosis: await diagnosisPart(diagnosis, sources) }),
      run: runPart(report),
    },
    diagnosis,
  );
}

async function page(data: PageData, diagnosis: Diagnosis | undefined): Promise<string> {
  const plain = diagnosis === undefined ? '' : diagnosisText(diagnosis, createColors(false));
  return pageFile(data, await pageAssets('report'), plain);
}

function verdictWord(verdict: Diagnosis['verdict']): string {
  return { deadlock: 'Deadlock', none: 'No deadlock', unknown: 'Undecided' }[verdict];
}
