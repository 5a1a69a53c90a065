import { createColors } from 'picocolors';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import type { Roster } from '../analysis/model/roster.js';
import { ownCommand } from '../own-command.js';
import { quoteWord } from '../quote-word.js';
import type { SourceMap } from '../source/source-map.js';
import { headWord } from './finding/titles.js';
import { diagnosisPart } from './page/diagnosis-part.js';
import { findingsInRoom, namesCut } from './page/finding-room.js';
import { headlineOf } from './page/headline.js';
import { pageAssets, pageFile } from './page/page-file.js';
import { clip, pageRoom } from './page/room.js';
import { runPart } from './page/run-part.js';
import type { PageData } from './page-data.js';
import { type RunReport, stillAnswered } from './run-report.js';
import { channelMarkdown } from './screen/channel-markdown.js';
import { diagnosisText } from './screen/full-text.js';
import { textWidth } from './wrap.js';

/** Characters. */
const longestTitle = 200;
const longestSummary = 600;
const longestChannel = 4_000;
/** For browsers without scripts. */
const longestPlain = 60_000;
const mostPlain = 100;

/**
 * A diagnosis as one page, without any other file. `sources` tells where the sources lie that it names; with
 * `undefined` none is read. `roster` is which goroutines each group has; without it the page has their examples. Throws `internal` when the pages were not built.
 */
export async function diagnosisHtml(
  diagnosis: Diagnosis,
  sources: SourceMap,
  roster?: Roster,
): Promise<string> {
  const program = diagnosis.process.exe.split('/').at(-1) ?? 'the program';
  return await page(
    {
      ...{
        schema: 'lab.page/1',
        title: `${verdictWord(diagnosis)} in ${clip(program, longestTitle)}`,
      },
      ...{ madeAt: new Date().toISOString(), verdict: diagnosis.verdict, word: verdictWord(diagnosis) },
      summary: clip(diagnosis.summary, longestSummary),
      headline: headlineOf(diagnosis, diagnosis.summary),
      channel: channelOf(diagnosis, again(diagnosis), false),
    },
    { diagnosis, sources, roster },
  );
}

/** A run as one page: `report.html`. */
export async function reportHtml(report: RunReport, sources: SourceMap): Promise<string> {
  const { record, diagnosis, roster } = report;
  const summary = diagnosis?.summary ?? record.conclusion?.summary ?? 'This run has no conclusion.';
  return await page(
    {
      ...{ schema: 'lab.page/1', title: `Run ${record.id}`, madeAt: new Date().toISOString() },
      ...{ verdict: diagnosis?.verdict ?? 'unknown', word: verdictWord(diagnosis, stillAnswered(record)) },
      ...{ summary: clip(summary, longestSummary) },
      headline: headlineOf(diagnosis, summary),
      ...(diagnosis && { channel: channelOf(diagnosis, again(diagnosis, record.id), stillAnswered(record)) }),
      run: runPart(report),
    },
    diagnosis && { diagnosis, sources, roster },
  );
}

/** For an incident channel; of an endless diagnosis as much as anybody reads. */
function channelOf(diagnosis: Diagnosis, command: string, answered: boolean): string {
  return clip(channelMarkdown(brief(diagnosis), { again: command, answered }), longestChannel);
}

/** As it is typed where the two files lie, or the folder of runs. */
function again({ process: { exe, core }, stats }: Diagnosis, run?: string): string {
  if (run !== undefined) return `${ownCommand()} analyze --run ${quoteWord(`runs/${run}`)}`;
  const name = (path: string): string => quoteWord(path.slice(path.lastIndexOf('/') + 1));
  return stats.engine === 'dump'
    ? `${ownCommand()} analyze --dump ${name(core)}`
    : `${ownCommand()} analyze --exe ${name(exe)} --core ${name(core)}`;
}

interface Diagnosed {
  readonly diagnosis: Diagnosis;
  readonly sources: SourceMap;
  readonly roster: Roster | undefined;
}

/** The diagnosis has the room that everything else leaves. */
async function page(data: PageData, diagnosed: Diagnosed | undefined): Promise<string> {
  const assets = await pageAssets('report');
  if (diagnosed === undefined) return pageFile(data, assets, '');
  const { diagnosis, sources, roster } = diagnosed;
  const screen = { palette: createColors(false), columns: textWidth, sources, links: false };
  const again = `${ownCommand()} analyze --exe EXE --core CORE`;
  const all = { proof: true, verbose: true };
  const plain = clip(diagnosisText(brief(diagnosis), { ...screen, again }, all), longestPlain);
  const room = pageRoom - Buffer.byteLength(pageFile(data, assets, plain));
  const { part, packed } = await diagnosisPart(diagnosis, sources, roster, room);
  return pageFile({ ...data, diagnosis: part }, assets, plain, packed);
}

/** What is to be read without scripts: as much of it as anybody will. */
function brief(diagnosis: Diagnosis): Diagnosis {
  const { findings, leftOut } = findingsInRoom(diagnosis.findings, longestPlain);
  const more = leftOut === 0 ? [] : [`${leftOut} more findings are not shown here.`];
  return {
    ...diagnosis,
    summary: clip(diagnosis.summary, longestSummary),
    findings: [...findings],
    groups: namesCut(diagnosis.groups.slice(0, mostPlain)),
    objects: namesCut((diagnosis.objects ?? []).slice(0, mostPlain)),
    limits: [...namesCut(diagnosis.limits.slice(0, mostPlain)), ...more],
  };
}

function verdictWord(diagnosis: Diagnosis | undefined, answered = false): string {
  const { verdict = 'unknown', scope = null, findings: [finding] = [] } = diagnosis ?? {};
  const leaks = verdict === 'deadlock' && finding !== undefined;
  if (leaks && headWord(finding, scope, answered) === 'leak') return 'Leak';
  return { deadlock: 'Deadlock', none: 'No deadlock', unknown: 'Undecided' }[verdict];
}
