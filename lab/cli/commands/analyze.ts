import { existsSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { z } from 'zod';
import { analyzeCore } from '../../analysis/analyze-core.js';
import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import type { Roster } from '../../analysis/model/roster.js';
import type { Comparison } from '../../compare/model.js';
import { complaintsText } from '../../complaints.js';
import { readExecutable } from '../../core/executable.js';
import { LabError } from '../../errors.js';
import { quoteWord } from '../../quote-word.js';
import type { WantedLabel } from '../../report/labels-text.js';
import type { SourceMap } from '../../report/page/source-lines.js';
import { diagnosisText } from '../../report/screen/full-text.js';
import type { ScreenOptions } from '../../report/screen/screen.js';
import { shownPath } from '../../report/shown-path.js';
import { findModule } from '../../source/find-module.js';
import { recordedGoRoot } from '../../source/library-paths.js';
import { writing } from '../../store/cannot-write.js';
import type { Inputs } from '../../unpack/inputs.js';
import type { LabCommand } from '../command.js';
import { columnsOf, type Output } from '../context.js';
import { filesOfRun, requireDistinct } from '../distinct-files.js';
import { explainedRule, explainIn } from '../explain.js';
import { defineAnalyze } from '../manual/analyze.js';
import { inTheirWords, openFiles } from '../open-files.js';
import { calledAfter, type LiveProcess, openLive } from '../process/live.js';
import { readProcess } from '../process/options.js';
import { withPatience, withProgress } from '../progress.js';
import { terminalOf } from '../screen.js';
import { dumpSources, parseSourceMap, requireSourceFolders } from '../source-options.js';
import { inVmHost } from '../vm-host.js';
import { requireWritable, writeWhole } from '../written-file.js';

const optionsSchema = z.looseObject({
  exe: z.string().optional(),
  core: z.string().optional(),
  debugFile: z.string().optional(),
  run: z.string().optional(),
  dump: z.string().optional(),
  pid: z.string().optional(),
  target: z.string().optional(),
  keep: z.string().min(1).optional(),
  sourceMap: z.array(z.string().regex(/^[^=]+=.+$/, 'FROM=TO')).default([]),
  goRoot: z.string().optional(),
  html: z.string().optional(),
  members: z.string().optional(),
  proof: z.boolean().default(false),
  verbose: z.boolean().default(false),
  markdown: z.boolean().default(false),
  label: z
    .string()
    .regex(/^[^=]+=/, 'KEY=VALUE')
    .transform(parseLabel)
    .optional(),
  explain: z.string().optional(),
  svg: z.string().optional(),
  pprof: z.string().optional(),
  /** A folder; commander's form of `--no-source` is `false`. */
  source: z.union([z.boolean(), z.string().min(1)]).default(true),
});

const report = 'the report';
const list = 'the list of goroutines';
const graph = 'the graph';
const profile = 'the profile';

export const analyzeCommand: LabCommand = {
  define: defineAnalyze,
  async act({ options, output, signal }) {
    const asked = readOptions(options);
    requireOneAnswer(asked);
    if (asked.explain !== undefined && (await explainedRule(asked.explain, output))) return 0;
    requireSensible(asked);
    const { run, dump, keep } = asked;
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
      if (inputs !== undefined) return await analyzeFiles({ inputs, live }, asked, emit, signal);
      return dump === undefined
        ? await analyzeStored(run ?? '', emit, signal)
        : await analyzeText(dump, asked, emit, signal);
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
    if (asked.svg !== undefined) await writeGraph(resolve(asked.svg), diagnosis, output);
    if (asked.pprof !== undefined) {
      const file = resolve(asked.pprof);
      const { groupProfile } = await import('../../store/group-profile.js');
      await writing(profile, file, writeWhole(file, groupProfile(diagnosis)));
      output.aside(`profile: ${file}`);
    }
    if (asked.members !== undefined) {
      const file = resolve(asked.members);
      const { writeMembers } = await import('../../store/members.js');
      await writing(list, file, writeMembers(file, roster ?? []));
      output.aside(`goroutines of the groups: ${file}`);
    }
    if (asked.html !== undefined) {
      const file = resolve(asked.html);
      const { diagnosisHtml } = await import('../../report/report-html.js');
      const page = await diagnosisHtml(diagnosis, sources, roster);
      await writing(report, file, writeWhole(file, page));
      output.aside(`report: ${file}`);
    }
    return analyzeExitCode(diagnosis);
  },
};

async function writeGraph(file: string, diagnosis: Diagnosis, output: Output): Promise<void> {
  const { diagnosisSvg } = await import('../../report/page/svg.js');
  const svg = await diagnosisSvg(diagnosis);
  if (svg === undefined) output.aside(`no finding, no graph: ${file} was not written`);
  else {
    await writing(graph, file, writeWhole(file, svg));
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
  sourceMap,
  goRoot,
  source,
}: z.infer<typeof optionsSchema>): string {
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
    ...sourceMap.map((one) => ['--source-map', one] as const),
    ['--go-root', goRoot],
  ];
  const words = given.flatMap(([option, value]) => (value === undefined ? [] : [option, quoteWord(value)]));
  return ['npx lab analyze', ...words, ...(source === false ? ['--no-source'] : [])].join(' ');
}

/** What a stored run knows beside its core: its page, and whether its service still answered. */
async function ofRun({
  run: dir,
}: z.infer<typeof optionsSchema>): Promise<Pick<ScreenOptions, 'page' | 'answered'>> {
  if (dir === undefined) return {};
  const { openRun } = await import('../../store/run-store.js');
  const { stillAnswered } = await import('../../report/run-report.js');
  const run = await openRun(dir);
  const page = run.file('report.html');
  return { answered: stillAnswered(run.record), ...(existsSync(page) ? { page: shownPath(page) } : {}) };
}

/** Where the page finds the lines around the places that it names; nowhere with `--no-source`. */
async function sourcesFor(
  { run, exe, dump, source, sourceMap, goRoot }: z.infer<typeof optionsSchema>,
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

async function analyzeText(
  where: string,
  asked: z.infer<typeof optionsSchema>,
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
    const files = { name: where, ...dumpSources(asked), onRoster };
    return await analyzeDump(dump, files, emit, signal);
  });
  return { diagnosis, roster };
}

async function analyzeFiles(
  { inputs, live }: { readonly inputs: Inputs; readonly live: LiveProcess | undefined },
  { keep, sourceMap, goRoot, source, html, members, explain }: z.infer<typeof optionsSchema>,
  emit: Parameters<typeof analyzeCore>[1],
  signal: AbortSignal,
): Promise<Analysed> {
  const { exe, core } = inputs;
  const named = <T>(value: T): T =>
    live === undefined || keep !== undefined ? inputs.named(value) : calledAfter(inputs.named(value), live);
  const isCompared = live !== undefined && live.cores.length > 1;
  let roster: Roster | undefined;
  const onRoster = (read: Roster) => {
    roster = read;
  };
  const diagnosis = await inTheirWords({ named }, async () => {
    const files = {
      ...((html ?? members ?? explain) === undefined && !isCompared ? {} : { onRoster }),
      ...{ exe, core, sourceMap: await mapsOf(exe, sourceMap, signal), noSource: source === false },
      ...(goRoot === undefined ? {} : { goRoot: resolve(goRoot) }),
    };
    const patience = { stage: 'analyze', text: basename(named(core)) } as const;
    return await withPatience(emit, patience, async () => await analyzeCore(files, emit, signal));
  });
  if (!isCompared) return { diagnosis, roster };
  const { compareLive } = await import('../process/compare-live.js');
  return { diagnosis, roster, comparison: await compareLive(live, { diagnosis, roster }, emit, signal) };
}

/** What was asked for, and where the module of a program lies that does not say so itself. */
async function mapsOf(exe: string, asked: readonly string[], signal: AbortSignal) {
  const maps = asked.map(parseSourceMap);
  const { build } = await readExecutable(resolve(exe), signal);
  const found = build === undefined ? undefined : await findModule(build);
  return found === undefined || maps.some(({ from }) => found.from.startsWith(from))
    ? maps
    : [...maps, found];
}

/** Reads `KEY=VALUE`; the first `=` divides. */
function parseLabel(text: string): WantedLabel {
  const at = text.indexOf('=');
  return { key: text.slice(0, at), value: text.slice(at + 1) };
}

function readOptions(options: unknown): z.infer<typeof optionsSchema> {
  const parsed = optionsSchema.safeParse(options);
  if (parsed.success) return parsed.data;
  throw new LabError(complaintsText(parsed.error, options), {
    code: 'usage',
    hint: 'see `npx lab analyze --help`',
  });
}

/** An explanation is printed in place of everything else. */
function requireOneAnswer({
  explain,
  html,
  svg,
  pprof,
  members,
  ...shown
}: z.infer<typeof optionsSchema>): void {
  const others = { html, svg, pprof, members, ...(shown.markdown ? { markdown: true } : {}) };
  const [other] = Object.entries(others).flatMap(([name, value]) => (value === undefined ? [] : [name]));
  if (explain === undefined || other === undefined) return;
  throw new LabError(`--explain prints one explanation, and nothing for --${other}`, {
    code: 'usage',
    hint: `leave out --explain, or --${other}`,
  });
}

/** Options that are about a running process, where none is named. */
function requireNoProcess(options: Readonly<Record<string, unknown>>): void {
  const of = { keep: '--keep', looks: '--looks', every: '--every', capture: '--capture' };
  for (const [name, option] of Object.entries({ ...of, snapshot: '--snapshot', maxPause: '--max-pause' })) {
    if (options[name] === undefined) continue;
    throw new LabError(`${option} is about a running process`, {
      ...{ code: 'usage', hint: 'name the process: --pid PID' },
    });
  }
}

/** What is sure to fail is said before the work, not after it. */
function requireSensible({
  exe,
  core,
  debugFile,
  run,
  dump,
  pid,
  target,
  source,
  goRoot,
  sourceMap,
  html,
  members,
  svg,
  pprof,
}: z.infer<typeof optionsSchema>): void {
  const refuse = (message: string, hint: string): never => {
    throw new LabError(message, { code: 'usage', hint });
  };
  if ((pid ?? target) !== undefined && (exe ?? core ?? run ?? dump) !== undefined) {
    refuse(
      'a running process is captured with its executable',
      'leave out --exe, --core, --run and --dump, or --pid and --target',
    );
  }
  if (run !== undefined && (exe ?? core ?? debugFile) !== undefined) {
    refuse('--run has its own executable and core', 'leave out --exe, --core and --debug-file, or --run');
  }
  if (dump !== undefined && (core ?? run ?? debugFile) !== undefined) {
    refuse('--dump is analysed by itself', 'leave out --core, --debug-file and --run, or --dump');
  }
  if (dump === undefined && typeof source === 'string') {
    refuse('--source belongs to --dump', 'use --source-map FROM=TO for a core');
  }
  requireSourceFolders({ source, goRoot, sourceMap });
  const written = [
    { what: report, path: html },
    { what: list, path: members },
    { what: graph, path: svg },
    { what: profile, path: pprof },
  ].flatMap(({ what, path }) => (path === undefined ? [] : [{ what, path }]));
  const read = [
    { what: 'the executable', path: exe },
    { what: 'the core', path: core },
    { what: 'the dump', path: dump !== undefined && existsSync(dump) ? dump : undefined },
    { what: 'the debug file', path: debugFile },
  ].flatMap(({ what, path }) => (path === undefined ? [] : [{ what, path }]));
  requireDistinct(written, run === undefined ? read : filesOfRun(run));
  for (const { what, path } of written) requireWritable(what, resolve(path));
}
