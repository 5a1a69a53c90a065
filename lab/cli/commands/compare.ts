import { existsSync, realpathSync } from 'node:fs';
import { mkdir, stat } from 'node:fs/promises';
import { basename, join, resolve } from 'node:path';
import { z } from 'zod';
import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import type { Roster } from '../../analysis/model/roster.js';
import { compareLooks, inOrder } from '../../compare/compare.js';
import type { Look } from '../../compare/model.js';
import { requireComparable } from '../../compare/one-process.js';
import { complaintsText } from '../../complaints.js';
import { readCoreHeader } from '../../core/core-file.js';
import { LabError } from '../../errors.js';
import type { Emit } from '../../events.js';
import { quoteWord } from '../../quote-word.js';
import { comparisonText } from '../../report/compare-text.js';
import { writing } from '../../store/cannot-write.js';
import type { Inputs } from '../../unpack/inputs.js';
import { type KindOfLook, kindOfLook } from '../../unpack/kind-of-look.js';
import type { LabCommand } from '../command.js';
import { columnsOf } from '../context.js';
import { requireDistinct } from '../distinct-files.js';
import { defineCompare } from '../manual/compare.js';
import { inTheirWords, openFiles } from '../open-files.js';
import { withPatience, withProgress } from '../progress.js';
import { dumpSources, parseSourceMap, requireSourceFolders } from '../source-options.js';
import { requireWritable, writeWhole } from '../written-file.js';

const optionsSchema = z.looseObject({
  exe: z.string().optional(),
  source: z.union([z.boolean(), z.string().min(1)]).default(true),
  sourceMap: z.array(z.string().regex(/^[^=]+=.+$/, 'FROM=TO')).default([]),
  html: z.string().optional(),
});
type Options = z.infer<typeof optionsSchema>;

const page = 'the page';

export const compareCommand: LabCommand = {
  define: defineCompare,
  async act({ args, options, output, signal }) {
    const parsed = optionsSchema.safeParse(options);
    if (!parsed.success) {
      const hint = 'see `npx lab compare --help`';
      throw new LabError(complaintsText(parsed.error, options), { code: 'usage', hint });
    }
    const files = args.flat().map(String);
    await requireSensible(files, parsed.data);
    const looks = await withProgress(output, (emit) => looksIn(files, parsed.data, emit, signal));
    requireComparable(looks);
    const comparison = compareLooks(looks);
    output.document(comparison);
    output.print(comparisonText(comparison, { columns: columnsOf(process.stdout) }));
    if (parsed.data.html !== undefined) {
      const file = resolve(parsed.data.html);
      const { comparisonHtml } = await import('../../report/compare-html.js');
      const reports = await writeReports(file, inOrder(looks), parsed.data);
      await writing(page, file, writeWhole(file, await comparisonHtml(comparison, reports)));
      output.aside(`page: ${file}`);
    }
    return exitCode(looks, comparison.suspects.length > 0);
  },
};

/** Where the reports of the looks lie: beside the page, in a folder of its name. */
const reportsOf = (file: string): string => `${file.replace(/\.html?$/, '')}-looks`;

/** Writes the report of each look; returns their addresses from the page. */
async function writeReports(
  file: string,
  looks: readonly Look[],
  { source, sourceMap }: Options,
): Promise<readonly string[]> {
  const folder = reportsOf(file);
  const { diagnosisHtml } = await import('../../report/report-html.js');
  await writing('the reports of the looks', folder, mkdir(folder, { recursive: true }));
  const map = source === false ? undefined : sourceMap.map(parseSourceMap);
  for (const [i, { diagnosis, roster }] of looks.entries()) {
    const report = join(folder, `look-${i + 1}.html`);
    await writing(
      'the report of a look',
      report,
      writeWhole(report, await diagnosisHtml(diagnosis, map, roster)),
    );
  }
  const place = encodeURIComponent(basename(folder));
  return looks.map((_, i) => `./${place}/look-${i + 1}.html`);
}

/** 1: a look proves a deadlock; 2: somebody stood still where nothing was seen to help; 0: neither. */
const exitCode = (looks: readonly Look[], isSuspected: boolean): number =>
  looks.some(({ diagnosis }) => diagnosis.verdict === 'deadlock') ? 1 : isSuspected ? 2 : 0;

/** What is sure to fail is said before the work, not after it. */
async function requireSensible(
  files: readonly string[],
  { exe, source, sourceMap, html }: Options,
): Promise<void> {
  const refuse = (message: string, hint: string): never => {
    throw new LabError(message, { code: 'usage', hint });
  };
  requireSourceFolders({ source, sourceMap });
  const looks = files.filter((file) => existsSync(file));
  const twice = looks.find((file, i) =>
    looks.slice(0, i).some((one) => realpathSync(one) === realpathSync(file)),
  );
  if (twice !== undefined) refuse(`${twice} is given twice`, 'name each look once');
  for (const file of looks) {
    if ((await kindOfLook(file)) === 'program')
      refuse(`${file} is an executable, not a look at a process`, `--exe ${quoteWord(file)}`);
  }
  const read = [
    ...looks.map((path) => ({ what: 'a look', path })),
    ...(exe === undefined ? [] : [{ what: 'the executable', path: exe }]),
  ];
  requireDistinct(html === undefined ? [] : [{ what: page, path: html }], read);
  if (html !== undefined) requireWritable(page, resolve(html));
}

/** In the order of the files. */
async function looksIn(
  files: readonly string[],
  options: Options,
  emit: Emit,
  signal: AbortSignal,
): Promise<Look[]> {
  const kinds = new Map<string, KindOfLook>();
  for (const file of files) kinds.set(file, await kindOfLook(file));
  const [first, ...cores] = files.filter((file) => kinds.get(file) === 'core');
  const byFile = new Map<string, Look[]>();
  {
    await using inputs =
      first === undefined ? undefined : await openFiles({ exe: options.exe, core: first }, emit, signal);
    for (const file of files.filter((one) => kinds.get(one) !== 'core'))
      byFile.set(file, await dumpLooks(file, inputs, options, emit, signal));
    if (first !== undefined && inputs !== undefined)
      byFile.set(first, [await coreLook(first, inputs, options, emit, signal)]);
  }
  // One after the other: what was unpacked of a core is gone before the next one is.
  for (const file of cores) {
    await using inputs = await openFiles({ exe: options.exe, core: file }, emit, signal);
    byFile.set(file, [await coreLook(file, inputs, options, emit, signal)]);
  }
  return files.flatMap((file) => byFile.get(file) ?? []);
}

async function coreLook(
  name: string,
  inputs: Inputs,
  { source, sourceMap }: Options,
  emit: Emit,
  signal: AbortSignal,
): Promise<Look> {
  const { analyzeCore } = await import('../../analysis/analyze-core.js');
  let roster: Roster | undefined;
  const files = {
    ...{ exe: resolve(inputs.exe), core: inputs.core, sourceMap: sourceMap.map(parseSourceMap) },
    noSource: source === false,
    onRoster: (read: Roster) => {
      roster = read;
    },
  };
  const work = () => inTheirWords(inputs, () => analyzeCore(files, emit, signal));
  const diagnosis = await analysed(name, emit, work);
  const { pid } = await readCoreHeader(inputs.core, signal);
  return { name, kind: 'core', time: inputs.taken, pid, diagnosis, roster };
}

/** With the executable of a core that was opened: it is known to be the one that the process ran. */
async function dumpLooks(
  where: string,
  inputs: Inputs | undefined,
  options: Options,
  emit: Emit,
  signal: AbortSignal,
): Promise<Look[]> {
  const { openDump, readDumps } = await import('../../dump/index.js');
  const { analyzeDump } = await import('../../analysis/analyze-dump.js');
  const dumps = await readDumps(openDump(where, signal), { signal }).catch((error: unknown) => {
    throw ofLook(error, where);
  });
  const written = existsSync(where) && dumps.length === 1 ? (await stat(where)).mtime : undefined;
  const looks: Look[] = [];
  for (const [i, dump] of dumps.entries()) {
    const name = dumps.length === 1 ? where : `${where} (${i + 1} of ${dumps.length})`;
    let roster: Roster | undefined;
    const files = {
      ...{ name: where, ...dumpSources({ ...options, exe: inputs?.exe ?? options.exe }) },
      onRoster: (read: Roster) => {
        roster = read;
      },
    };
    const work = () => analyzeDump(dump, files, emit, signal);
    const diagnosis = await analysed(name, emit, () =>
      inputs === undefined ? work() : inTheirWords(inputs, work),
    );
    looks.push({ name, kind: 'dump', time: dump.time ?? written, diagnosis, roster });
  }
  return looks;
}

/** Of several files a message names its own. */
function ofLook(error: unknown, file: string): unknown {
  if (!(error instanceof LabError) || error.message.replace(/^the dump /, '').startsWith(file)) return error;
  const { code, hint, details } = error;
  return new LabError(`${file}: ${error.message}`, {
    ...{ code, details, cause: error },
    ...(hint === undefined ? {} : { hint }),
  });
}

const analysed = async (name: string, emit: Emit, work: () => Promise<Diagnosis>): Promise<Diagnosis> =>
  await withPatience(emit, { stage: 'analyze', text: basename(name) }, work);
