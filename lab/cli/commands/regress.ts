import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { createColors } from 'picocolors';
import { z } from 'zod';
import { complaintsText } from '../../complaints.js';
import { decimal } from '../../decimal.js';
import { LabError, messageOf } from '../../errors.js';
import type { LabEvent } from '../../events.js';
import { readBaseline, saveBaseline } from '../../regress/baseline.js';
import { createJournal, type Journal, resumeJournal } from '../../regress/journal.js';
import { listOf } from '../../regress/matrix.js';
import { mergeResults } from '../../regress/merge.js';
import { prepare } from '../../regress/prepare.js';
import { executePlan } from '../../regress/regress.js';
import type { Results } from '../../regress/results.js';
import { regressJunit } from '../../report/regress-junit.js';
import { regressMarkdown } from '../../report/regress-markdown.js';
import { regressText } from '../../report/regress-text.js';
import { type LiveRegressView, regressView } from '../../report/regress-view.js';
import { parseShard } from '../../shard.js';
import { localTarget } from '../../targets/local.js';
import type { LabCommand } from '../command.js';
import { columnsOf, type Output } from '../context.js';
import { requireDistinct } from '../distinct-files.js';
import { defineRegress } from '../manual/regress.js';
import { progressOptions, withPatience } from '../progress.js';

const optionsSchema = z.looseObject({
  only: z.string().optional(),
  go: z.string().optional(),
  dlv: z.string().optional(),
  jobs: decimal(z.number().int().min(1).max(256)).optional(),
  timeLimit: decimal(z.number().positive().max(86_400)).optional(),
  keep: z.string().optional(),
  cores: z.string().optional(),
  html: z.string().optional(),
  junit: z.string().optional(),
  baseline: z.string().optional(),
  saveBaseline: z.string().optional(),
  shard: z.string().optional(),
  merge: z.array(z.string()).optional(),
  /** commander's `true` for an optional value that was left out. */
  resume: z.union([z.string(), z.literal(true)]).optional(),
});

type Asked = z.infer<typeof optionsSchema>;

export const regressCommand: LabCommand = {
  define: defineRegress,
  async act({ options, output, signal }) {
    const asked = readOptions(options);
    const { baseline } = asked;
    const before =
      baseline === undefined ? undefined : { file: resolve(baseline), cells: await readBaseline(baseline) };
    if (asked.merge !== undefined) return await merged(asked.merge, asked, before, output);
    await using target = localTarget();
    const view = regressView(await progressOptions(output));
    try {
      const journal = await open(asked, target, view, signal);
      output.aside(`regression in ${journal.dir}`);
      const results = await executePlan(
        journal,
        {
          target,
          view,
          jobs: asked.jobs,
          timeLimitMs: millis(asked.timeLimit),
          ...(before === undefined ? {} : { baseline: before }),
        },
        signal,
      );
      view.stop();
      const failures = await save(results, journal, asked);
      output.document(results);
      output.print(
        regressText(results, {
          colours: createColors(output.colour),
          width: columnsOf(process.stdout),
        }),
      );
      const [failure] = failures;
      if (failure !== undefined && results.exitCode === 0) throw failure;
      for (const { message } of failures) output.aside(`not saved: ${message}`);
      return results.exitCode;
    } finally {
      view.stop();
    }
  },
};

/** What a resumed regression has in its plan already. */
const planned = ['only', 'go', 'dlv', 'keep', 'cores', 'shard'] as const;
/** What parts that are put together were run with. */
const ran = [...planned, 'jobs', 'timeLimit', 'resume'] as const;

function millis(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function readOptions(options: unknown): Asked {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    throw new LabError(complaintsText(parsed.error, options), {
      code: 'usage',
      hint: 'see `npx lab regress --help`',
    });
  }
  const asked = parsed.data;
  const both = planned.find((name) => asked.resume !== undefined && asked[name] !== undefined);
  if (both !== undefined) {
    throw new LabError(`--${both} cannot be changed while a regression is resumed`, {
      code: 'usage',
      hint: `leave out --${both}, or begin another regression without --resume`,
    });
  }
  const beside = ran.find((name) => asked.merge !== undefined && asked[name] !== undefined);
  if (beside !== undefined) {
    const option = beside === 'timeLimit' ? 'time-limit' : beside;
    throw new LabError(`--merge runs nothing, and --${option} is about a run`, {
      ...{ code: 'usage', hint: `leave out --${option}` },
    });
  }
  if (asked.cores !== undefined && asked.keep !== undefined) {
    throw new LabError('--cores analyses bundles that are kept already, and takes no --keep', {
      code: 'usage',
      hint: 'leave out --keep',
    });
  }
  requireDistinct(
    [
      { what: 'the page', path: asked.html },
      { what: 'the JUnit report', path: asked.junit },
      { what: 'the new baseline', path: asked.saveBaseline },
    ].flatMap(({ what, path }) => (path === undefined ? [] : [{ what, path }])),
    // A baseline may be brought up to date in its place.
    asked.baseline === undefined || asked.baseline === asked.saveBaseline
      ? []
      : [{ what: 'the baseline', path: asked.baseline }],
  );
  return asked;
}

async function open(
  { resume, only, go, dlv, jobs, timeLimit, keep, cores, shard: part }: Asked,
  target: ReturnType<typeof localTarget>,
  view: LiveRegressView,
  signal: AbortSignal,
): Promise<Journal> {
  if (resume !== undefined) return await resumeJournal(resume === true ? undefined : resume);
  const shard = part === undefined ? undefined : parseShard(part);
  const wanted = { only, go: listOf(go), delve: listOf(dlv), jobs, timeLimit, keep, cores, shard };
  const tell = (event: LabEvent): void => {
    if (event.type === 'note') view.note(event.text);
    if (event.type === 'stage-started') view.note(`${event.text} ...`);
  };
  const patience = { stage: 'regress', text: 'looking for the tools' } as const;
  const plan = await withPatience(tell, patience, async () => await prepare(wanted, target, tell, signal));
  return await createJournal(plan);
}

/** Parts of a regression that ran elsewhere, as one. */
async function merged(
  parts: readonly string[],
  asked: Asked,
  before: Parameters<typeof mergeResults>[1],
  output: Output,
): Promise<number> {
  const results = await mergeResults(parts, before);
  const [failure] = await saveAsked(results, asked);
  output.document(results);
  output.print(
    regressText(results, { colours: createColors(output.colour), width: columnsOf(process.stdout) }),
  );
  if (failure !== undefined) throw failure;
  return results.exitCode;
}

/** Writes the files that a regression leaves; what cannot be written harms none of the others. */
async function save(results: Results, journal: Journal, asked: Asked): Promise<readonly LabError[]> {
  const unsaved = journal.unsaved();
  return [
    ...(unsaved === undefined ? [] : [unsaved]),
    ...(await attempts([
      [journal.file('junit.xml'), (path) => writeFile(path, regressJunit(results), { mode: 0o600 })],
      [journal.file('results.md'), (path) => writeFile(path, regressMarkdown(results), { mode: 0o600 })],
      [journal.file('results.html'), (path) => writePage(results, path)],
    ])),
    ...(await saveAsked(results, asked)),
  ];
}

/** The files that were asked for by name. */
async function saveAsked(
  results: Results,
  { html, junit, saveBaseline: baseline }: Asked,
): Promise<readonly LabError[]> {
  const xml = (path: string) => writeFile(path, regressJunit(results), { mode: 0o600 });
  const verdicts = (path: string) => saveBaseline(path, results.cells);
  return await attempts([
    ...(html === undefined
      ? []
      : [[resolve(html), (path) => writePage(results, path)] as const satisfies Writing]),
    ...(junit === undefined ? [] : [[resolve(junit), xml] as const]),
    ...(baseline === undefined ? [] : [[resolve(baseline), verdicts] as const]),
  ]);
}

async function writePage(results: Results, path: string): Promise<void> {
  const { regressHtml } = await import('../../report/regress-html.js');
  await writeFile(path, await regressHtml(results, path), { mode: 0o600 });
}

type Writing = readonly [path: string, write: (path: string) => Promise<void>];

async function attempts(files: readonly Writing[]): Promise<readonly LabError[]> {
  const failures: LabError[] = [];
  for (const [path, write] of files) {
    await write(path).catch((cause: unknown) => {
      failures.push(
        new LabError(`${path} could not be written: ${messageOf(cause)}`, {
          ...{ code: 'target', hint: 'look whether its folder exists and has room', cause },
        }),
      );
    });
  }
  return failures;
}
