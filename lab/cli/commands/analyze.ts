import { existsSync, statSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { analyzeCore } from '../../analysis/analyze-core.js';
import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import type { LeakProfile } from '../../analysis/model/leak-profile.js';
import { ranThen } from '../../analysis/model/ran-then.js';
import type { Roster } from '../../analysis/model/roster.js';
import type { Comparison } from '../../compare/model.js';
import { LabError } from '../../errors.js';
import { quoteWord } from '../../quote-word.js';
import { diagnosisText } from '../../report/screen/full-text.js';
import type { ScreenOptions } from '../../report/screen/options.js';
import { shownPath } from '../../report/shown-path.js';
import { recordedGoRoot } from '../../source/library-paths.js';
import type { SourceMap } from '../../source/source-map.js';
import { writing } from '../../store/cannot-write.js';
import type { Inputs } from '../../unpack/inputs.js';
import {
  type AnalyzeOptions,
  readAnalyzeOptions,
  requireNoProcess,
  requireOneAnswer,
  requireSensible,
  written,
} from '../analyze-options.js';
import type { LabCommand } from '../command.js';
import { columnsOf, type Output } from '../context.js';
import { explainedRule, explainIn } from '../explain.js';
import { defineAnalyze } from '../manual/analyze.js';
import { mapsOf } from '../module-maps.js';
import { inTheirWords, openFiles } from '../open-files.js';
import { calledAfter, type LiveProcess, openLive } from '../process/live.js';
import { readProcess } from '../process/options.js';
import { withPatience, withProgress } from '../progress.js';
import { terminalOf } from '../screen.js';
import { dumpSources, parseSourceMap } from '../source-options.js';
import { inVmHost } from '../vm-host.js';
import { writeWhole } from '../written-file.js';

export const analyzeCommand: LabCommand = {
  define: defineAnalyze,
  // biome-ignore lint/complexity/noExcessiveLinesPerFunction: the options decide here, and nowhere else, what is loaded and in which order
  async act({ options, output, signal }) {
    const asked = readAnalyzeOptions(options);
    requireOneAnswer(asked);
    if (asked.explain !== undefined && (await explainedRule(asked.explain, output))) return 0;
    requireSensible(asked);
    if (asked.cores.length > 1) {
      const { analyzeSeveral } = await import('../several.js');
      return analyzeExitCode(await analyzeSeveral(asked, output, signal));
    }
    const { run, dump, keep } = asked;
    const profile = await leakProfileOf(asked, signal);
    const isLive = (asked.pid ?? asked.target) !== undefined;
    if (!isLive) requireNoProcess(options);
    if (asked.target === 'vagrant') {
      const elsewhere = await inVmHost({ target: asked.target, keep: true }, output, signal);
      if (elsewhere !== undefined) return elsewhere;
    }
    const wanted = isLive ? readProcess(options, 'analyze') : undefined;
    await using live = wanted && (await withProgress(output, (emit) => openLive(wanted, keep, emit, signal)));
    const files = live === undefined ? asked : { ...asked, exe: live.bundle.exe, core: live.core };
    await using inputs =
      (run ?? dump) === undefined
        ? await withProgress(output, (emit) => openFiles(files, emit, signal))
        : undefined;
    const { diagnosis, roster, comparison } = await withProgress(output, async (emit) => {
      if (inputs !== undefined)
        return await analyzeFiles({ inputs, live }, { ...asked, profile }, emit, signal);
      return dump === undefined
        ? await analyzeStored(run ?? '', emit, signal)
        : await analyzeText(dump, { ...asked, profile }, emit, signal);
    });
    const sources = await sourcesFor({ ...asked, exe: inputs?.exe ?? asked.exe }, diagnosis, signal);
    const screen = {
      ...{ ...terminalOf(output), sources, again: commandAgain(keep === undefined ? asked : files) },
      ...(await ofRun(asked)),
      ...(asked.html === undefined ? {} : { page: asked.html }),
    };
    if (asked.explain !== undefined) {
      explainIn(diagnosis, asked.explain, { roster, output, screen });
      return analyzeExitCode(diagnosis);
    }
    // First of all: whatever becomes of the files, it was asked for and is there.
    output.document(comparison === undefined ? diagnosis : { ...diagnosis, comparison });
    output.print(
      asked.markdown
        ? (await import('../../report/screen/channel-markdown.js')).channelMarkdown(diagnosis, screen)
        : diagnosisText(diagnosis, screen, asked),
    );
    if (comparison !== undefined) {
      const { comparisonText } = await import('../../report/compare-text.js');
      output.print(`\n${comparisonText(comparison, { columns: columnsOf(process.stdout) })}`);
    }
    if (live !== undefined && keep !== undefined) output.aside(`kept: ${live.core}`);
    if (asked.svg !== undefined) await writeGraph(resolve(asked.svg), diagnosis, sources, output);
    if (asked.pprof !== undefined) {
      const file = resolve(asked.pprof);
      const { groupProfile } = await import('../../store/group-profile.js');
      await writing(written.pprof, file, writeWhole(file, groupProfile(diagnosis)));
      output.aside(`profile: ${file}`);
    }
    if (asked.members !== undefined) {
      const file = resolve(asked.members);
      const { writeMembers } = await import('../../store/members.js');
      await writing(written.members, file, writeMembers(file, roster ?? []));
      output.aside(`goroutines of the groups: ${file}`);
    }
    if (asked.html !== undefined) {
      const file = resolve(asked.html);
      const { diagnosisHtml } = await import('../../report/report-html.js');
      const page = await diagnosisHtml(diagnosis, sources, roster);
      await writing(written.html, file, writeWhole(file, page));
      output.aside(`report: ${file}`);
    }
    return analyzeExitCode(diagnosis);
  },
};

/** Read before all else: what is wrong with it is told before the work. */
async function leakProfileOf({ leakProfile: where }: AnalyzeOptions, signal: AbortSignal) {
  if (where === undefined) return undefined;
  const { readLeakProfile } = await import('../../analysis/read/leak-profile.js');
  return await readLeakProfile(where, signal);
}

async function writeGraph(
  file: string,
  diagnosis: Diagnosis,
  sources: SourceMap,
  output: Output,
): Promise<void> {
  const { diagnosisSvg } = await import('../../report/page/svg.js');
  const svg = await diagnosisSvg(diagnosis, sources);
  if (svg === undefined) output.aside(`no finding, no graph: ${file} was not written`);
  else {
    await writing(written.svg, file, writeWhole(file, svg));
    output.aside(`graph: ${file}`);
  }
}

/** 0: no deadlock; 1: deadlock; 2: undecided. */
export function analyzeExitCode({ verdict }: Pick<Diagnosis, 'verdict'>): number {
  return { none: 0, deadlock: 1, unknown: 2 }[verdict];
}

/** The command as it was typed, as far as it says what is analysed. */
function commandAgain({
  exe,
  core,
  debugFile,
  run,
  dump,
  pid,
  target,
  leakProfile,
  sourceMap,
  goRoot,
  source,
}: AnalyzeOptions): string {
  const process: readonly (readonly [string, string | undefined])[] =
    core === undefined
      ? [
          ['--pid', pid],
          ['--target', target],
        ]
      : [];
  const given: readonly (readonly [string, string | undefined])[] = [
    ...process,
    ['--run', run],
    ['--dump', dump],
    ['--source', typeof source === 'string' ? source : undefined],
    ['--exe', exe],
    ['--core', core],
    ['--debug-file', debugFile],
    ['--leak-profile', leakProfile],
    ...sourceMap.map((one) => ['--source-map', one] as const),
    ['--go-root', goRoot],
  ];
  const words = given.flatMap(([option, value]) => (value === undefined ? [] : [option, quoteWord(value)]));
  return ['npx lab analyze', ...words, ...(source === false ? ['--no-source'] : [])].join(' ');
}

/** What a stored run knows beside its core: its page, and whether its service still answered. */
async function ofRun({ run: dir }: AnalyzeOptions): Promise<Pick<ScreenOptions, 'page' | 'answered'>> {
  if (dir === undefined) return {};
  const { openRun } = await import('../../store/run-store.js');
  const { stillAnswered } = await import('../../report/run-report.js');
  const run = await openRun(dir);
  const page = run.file('report.html');
  return { answered: stillAnswered(run.record), ...(existsSync(page) ? { page: shownPath(page) } : {}) };
}

/** Where the page finds the lines around the places that it names; nowhere with `--no-source`. */
async function sourcesFor(
  { run, exe, dump, source, sourceMap, goRoot }: AnalyzeOptions,
  { groups }: Diagnosis,
  signal: AbortSignal,
): Promise<SourceMap> {
  if (source === false) return undefined;
  if (dump !== undefined) return sourceMap.map(parseSourceMap);
  if (run === undefined) {
    const recorded = recordedGoRoot(groups.flatMap(({ stack }) => stack.map(({ file }) => file)));
    const library = goRoot === undefined || recorded === '' ? [] : [{ from: recorded, to: resolve(goRoot) }];
    return [...(await mapsOf(exe ?? '', sourceMap, signal)), ...library];
  }
  const { sourceMapOf } = await import('../../run-sources.js');
  const { openRun } = await import('../../store/run-store.js');
  return sourceMapOf(await openRun(run));
}

interface Analysed {
  readonly diagnosis: Diagnosis;
  /** Which goroutines each group has, when that is asked for and could be read. */
  readonly roster: Roster | undefined;
  /** Of a running process that was looked at several times. */
  readonly comparison?: Comparison;
}

/** Loaded only when needed: a stranger's core takes as long to analyse as all that belongs to runs to load. */
async function analyzeStored(
  dir: string,
  emit: Parameters<typeof analyzeCore>[1],
  signal: AbortSignal,
): Promise<Analysed> {
  const { analyzeRun } = await import('../../findings.js');
  const { openRun } = await import('../../store/run-store.js');
  const { membersFile, readMembers } = await import('../../store/members.js');
  const run = await openRun(dir);
  const diagnosis = await analyzeRun(run, emit, signal);
  return { diagnosis, roster: await readMembers(run.file(membersFile)) };
}

/** With the profile itself. */
type Asked = AnalyzeOptions & { readonly profile: LeakProfile | undefined };

async function analyzeText(
  where: string,
  asked: Asked,
  emit: Parameters<typeof analyzeCore>[1],
  signal: AbortSignal,
): Promise<Analysed> {
  const { openDump, readDumps } = await import('../../dump/index.js');
  const { analyzeDump } = await import('../../analysis/analyze-dump.js');
  let roster: Roster | undefined;
  const onRoster = (read: Roster) => {
    roster = read;
  };
  const diagnosis = await withPatience(emit, { stage: 'analyze', text: where }, async () => {
    const dumps = await readDumps(openDump(where, signal), { signal });
    const dump = dumps.at(-1);
    if (dump === undefined) throw new LabError(`no goroutine dump is in ${where}`, { code: 'usage' });
    if (dumps.length > 1)
      emit({ type: 'note', text: `${dumps.length} dumps are in ${where}: this is about the last one` });
    const taken = dumps.length === 1 && existsSync(where) ? statSync(where).mtime : undefined;
    const files = { name: where, ...dumpSources(asked), leakProfile: asked.profile, taken, onRoster };
    return await analyzeDump(dump, files, emit, signal);
  });
  return { diagnosis, roster };
}

async function analyzeFiles(
  { inputs, live }: { readonly inputs: Inputs; readonly live: LiveProcess | undefined },
  { keep, sourceMap, goRoot, source, profile, html, members, explain }: Asked,
  emit: Parameters<typeof analyzeCore>[1],
  signal: AbortSignal,
): Promise<Analysed> {
  const { exe, core } = inputs;
  const named = <T>(value: T): T =>
    live === undefined || keep !== undefined ? inputs.named(value) : calledAfter(inputs.named(value), live);
  const isCompared = live !== undefined && live.cores.length > 1;
  const { earlierLooks, compareLive } = isCompared ? await import('../process/compare-live.js') : {};
  const looks = (live && (await earlierLooks?.(live, emit, signal))) ?? [];
  const earlier = looks.flatMap(({ diagnosis, roster: known }) => ranThen(diagnosis, known) ?? []);
  let roster: Roster | undefined;
  const onRoster = (read: Roster) => {
    roster = read;
  };
  const diagnosis = await inTheirWords({ named }, async () => {
    const files = {
      earlier,
      ...((html ?? members ?? explain) === undefined && !isCompared ? {} : { onRoster }),
      ...{ exe, core, leakProfile: profile, taken: inputs.taken },
      ...{ sourceMap: await mapsOf(exe, sourceMap, signal), noSource: source === false },
      ...(goRoot === undefined ? {} : { goRoot: resolve(goRoot) }),
    };
    const patience = { stage: 'analyze', text: basename(named(core)) } as const;
    return await withPatience(emit, patience, async () => await analyzeCore(files, emit, signal));
  });
  if (live === undefined || compareLive === undefined) return { diagnosis, roster };
  return { diagnosis, roster, comparison: compareLive(live, looks, { diagnosis, roster }) };
}
