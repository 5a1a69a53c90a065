import { existsSync, realpathSync } from 'node:fs';
import { basename, resolve } from 'node:path';
import { analyzeCore } from '../analysis/analyze-core.js';
import type { Diagnosis } from '../analysis/model/diagnosis.js';
import { readCoreHeader } from '../core/core-file.js';
import { LabError } from '../errors.js';
import type { Emit } from '../events.js';
import { quoteWord } from '../quote-word.js';
import { diagnosisText } from '../report/screen/full-text.js';
import type { LookedAt } from '../several/together.js';
import type { SourceMap } from '../source/source-map.js';
import { writing } from '../store/cannot-write.js';
import { type AnalyzeOptions, written } from './analyze-options.js';
import type { Output } from './context.js';
import { mapsOf } from './module-maps.js';
import { inTheirWords, openFiles } from './open-files.js';
import { withPatience, withProgress } from './progress.js';
import { terminalOf } from './screen.js';
import { writeWhole } from './written-file.js';

/** Diagnoses the cores of several processes, each by itself and then together. */
export async function analyzeSeveral(
  asked: AnalyzeOptions,
  output: Output,
  signal: AbortSignal,
): Promise<Diagnosis> {
  requireCores(asked);
  const { looked, sources } = await withProgress(output, (emit) => lookAtAll(asked, emit, signal));
  const { diagnoseTogether } = await import('../several/together.js');
  const diagnosis = diagnoseTogether(looked);
  const screen = { ...terminalOf(output), sources, again: commandAgain(asked) };
  output.document(diagnosis);
  output.print(
    asked.markdown
      ? (await import('../report/screen/channel-markdown.js')).channelMarkdown(diagnosis, screen)
      : diagnosisText(diagnosis, screen, asked),
  );
  await writeFiles(asked, { diagnosis, sources }, output);
  return diagnosis;
}

async function writeFiles(
  { svg, pprof, html }: AnalyzeOptions,
  { diagnosis, sources }: { readonly diagnosis: Diagnosis; readonly sources: SourceMap },
  output: Output,
): Promise<void> {
  if (svg !== undefined) {
    const { diagnosisSvg } = await import('../report/page/svg.js');
    const picture = await diagnosisSvg(diagnosis, sources);
    const file = resolve(svg);
    if (picture === undefined) output.aside(`no finding, no graph: ${file} was not written`);
    else await writing(written.svg, file, writeWhole(file, picture));
  }
  if (pprof !== undefined) {
    const file = resolve(pprof);
    const { groupProfile } = await import('../store/group-profile.js');
    await writing(written.pprof, file, writeWhole(file, groupProfile(diagnosis)));
    output.aside(`profile: ${file}`);
  }
  if (html !== undefined) {
    const file = resolve(html);
    const { diagnosisHtml } = await import('../report/report-html.js');
    await writing(written.html, file, writeWhole(file, await diagnosisHtml(diagnosis, sources)));
    output.aside(`report: ${file}`);
  }
}

/** One after the other: what was unpacked of a core is gone before the next one is. */
async function lookAtAll(
  { cores, exes, exe, sourceMap, source, goRoot }: AnalyzeOptions,
  emit: Emit,
  signal: AbortSignal,
): Promise<{ readonly looked: readonly LookedAt[]; readonly sources: SourceMap }> {
  const looked: LookedAt[] = [];
  const maps: NonNullable<SourceMap>[number][] = [];
  for (const core of cores) {
    await using inputs = await openFiles({ exe, exes, core }, emit, signal);
    const own = await mapsOf(inputs.exe, sourceMap, signal);
    maps.push(...own);
    const files = {
      ...{ exe: inputs.exe, core: inputs.core, taken: inputs.taken, network: true },
      ...{ sourceMap: own, noSource: source === false, onRoster: () => {} },
      ...(goRoot === undefined ? {} : { goRoot: resolve(goRoot) }),
    };
    const diagnosis = await inTheirWords(inputs, () =>
      withPatience(emit, { stage: 'analyze', text: basename(core) }, () => analyzeCore(files, emit, signal)),
    );
    const { pid } = await readCoreHeader(inputs.core, signal);
    looked.push({ name: core, pid, taken: inputs.taken, diagnosis });
  }
  return { looked, sources: source === false ? undefined : maps };
}

/** What is sure to fail is said before the work; and what is of one process alone. */
function requireCores({ cores, ...asked }: AnalyzeOptions): void {
  const refuse = (message: string, hint: string): never => {
    throw new LabError(message, { code: 'usage', hint });
  };
  const ofOne = {
    'debug-file': asked.debugFile,
    'leak-profile': asked.leakProfile,
    explain: asked.explain,
    members: asked.members,
  };
  for (const [name, value] of Object.entries(ofOne)) {
    if (value !== undefined) refuse(`--${name} is about one process`, `leave it out, or pass one --core`);
  }
  const missing = cores.find((core) => !core.startsWith('coredumpctl:') && !existsSync(core));
  if (missing !== undefined) refuse(`${missing} does not exist`, 'check its path');
  const real = cores.map((core) => (existsSync(core) ? realpathSync(core) : core));
  const twice = cores.find((_, i) => real.indexOf(real[i] ?? '') < i);
  if (twice !== undefined) refuse(`${twice} is given twice`, 'name each core once');
}

function commandAgain({ exes, cores, sourceMap, goRoot, source }: AnalyzeOptions): string {
  const words = [
    ...exes.map((exe) => ['--exe', exe] as const),
    ...cores.map((core) => ['--core', core] as const),
    ...sourceMap.map((one) => ['--source-map', one] as const),
    ...(goRoot === undefined ? [] : [['--go-root', goRoot] as const]),
  ].flatMap(([option, value]) => [option, quoteWord(value)]);
  return ['npx lab analyze', ...words, ...(source === false ? ['--no-source'] : [])].join(' ');
}
