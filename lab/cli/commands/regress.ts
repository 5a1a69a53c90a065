import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Command } from 'commander';
import { createColors } from 'picocolors';
import { z } from 'zod';
import { LabError, messageOf } from '../../errors.js';
import { readBaseline, saveBaseline } from '../../regress/baseline.js';
import { createJournal, type Journal, resumeJournal } from '../../regress/journal.js';
import { listOf } from '../../regress/matrix.js';
import { prepare } from '../../regress/prepare.js';
import { executePlan } from '../../regress/regress.js';
import type { Results } from '../../regress/results.js';
import { regressJunit } from '../../report/regress-junit.js';
import { regressMarkdown } from '../../report/regress-markdown.js';
import { regressText } from '../../report/regress-text.js';
import { type LiveRegressView, regressView } from '../../report/regress-view.js';
import { localTarget } from '../../targets/local.js';
import { example, type LabCommand } from '../command.js';
import { progressOptions } from '../progress.js';

const optionsSchema = z.looseObject({
  only: z.string().optional(),
  go: z.string().optional(),
  dlv: z.string().optional(),
  jobs: z.coerce.number().int().min(1).max(256).optional(),
  timeLimit: z.coerce.number().positive().max(86_400).optional(),
  keep: z.string().optional(),
  cores: z.string().optional(),
  junit: z.string().optional(),
  baseline: z.string().optional(),
  saveBaseline: z.string().optional(),
  /** commander's `true` for an optional value that was left out. */
  resume: z.union([z.string(), z.literal(true)]).optional(),
});

type Asked = z.infer<typeof optionsSchema>;

export const regressCommand: LabCommand = {
  define: (program) => example(defineOptions(program), examples),
  async act({ options, output, signal }) {
    const asked = readOptions(options);
    const { baseline } = asked;
    const before =
      baseline === undefined ? undefined : { file: resolve(baseline), cells: await readBaseline(baseline) };
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
      output.print(regressText(results, { colours: createColors(output.colour) }));
      const [failure] = failures;
      if (failure !== undefined && results.exitCode === 0) throw failure;
      for (const { message } of failures) output.aside(`not saved: ${message}`);
      return results.exitCode;
    } finally {
      view.stop();
    }
  },
};

const examples = [
  'npx lab regress',
  "npx lab regress --only 'c*' --go 1.19,1.23,1.26 --junit report.xml",
  'npx lab regress --keep bundles && npx lab regress --cores bundles',
].join('\n');

function defineOptions(program: Command): Command {
  return program
    .command('regress')
    .description('every scenario, faulty and fixed: exit 0 all confirmed, 1 any refuted, 2 any unknown')
    .option('--only <glob>', "scenarios by name, for example 'c*' or '{blog,feed}'")
    .option('--go <versions>', 'of Go, separated by commas: 1.23 or 1.23.12')
    .option('--dlv <versions>', 'of Delve; the one that fits each Go when left out')
    .option('--jobs <n>', 'cells at once; as many as there are processors when left out')
    .option('--time-limit <seconds>', 'after which a cell is ended, and is unknown; 120 when left out')
    .option('--keep <dir>', 'keep every bundle there')
    .option('--cores <dir>', 'analyse the bundles of such a folder, and drive nothing')
    .option('--junit <file>', 'write the results as JUnit XML')
    .option('--baseline <file>', 'fail only on cells that were right in that file')
    .option('--save-baseline <file>', 'write the verdicts for a later --baseline')
    .option('--resume [dir]', 'go on with an interrupted regression, the newest unless named');
}

/** What a resumed regression has in its plan already. */
const planned = ['only', 'go', 'dlv', 'keep', 'cores'] as const;

function millis(seconds: number | undefined): number | undefined {
  return seconds === undefined ? undefined : seconds * 1000;
}

function readOptions(options: unknown): Asked {
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    throw new LabError(`bad options:\n${z.prettifyError(parsed.error)}`, {
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
  if (asked.cores !== undefined && asked.keep !== undefined) {
    throw new LabError('--cores analyses bundles that are kept already, and takes no --keep', {
      code: 'usage',
      hint: 'leave out --keep',
    });
  }
  return asked;
}

async function open(
  { resume, only, go, dlv, jobs, timeLimit, keep, cores }: Asked,
  target: ReturnType<typeof localTarget>,
  view: LiveRegressView,
  signal: AbortSignal,
): Promise<Journal> {
  if (resume !== undefined) return await resumeJournal(resume === true ? undefined : resume);
  const plan = await prepare(
    { only, go: listOf(go), delve: listOf(dlv), jobs, timeLimit, keep, cores },
    target,
    (event) => {
      if (event.type === 'note') view.note(event.text);
    },
    signal,
  );
  return await createJournal(plan);
}

/** Writes the files that a regression leaves; what cannot be written harms none of the others. */
async function save(results: Results, journal: Journal, asked: Asked): Promise<readonly LabError[]> {
  const failures: LabError[] = [];
  const attempt = async (path: string, write: () => Promise<void>): Promise<void> => {
    await write().catch((cause: unknown) => {
      failures.push(
        new LabError(`${path} could not be written: ${messageOf(cause)}`, {
          code: 'target',
          hint: 'look whether its folder exists and has room',
          cause,
        }),
      );
    });
  };
  const unsaved = journal.unsaved();
  if (unsaved !== undefined) failures.push(unsaved);
  const xml = regressJunit(results);
  const files = [
    [journal.file('junit.xml'), xml],
    [journal.file('results.md'), regressMarkdown(results)],
    ...(asked.junit === undefined ? [] : [[resolve(asked.junit), xml] as const]),
  ] as const;
  for (const [path, text] of files) await attempt(path, () => writeFile(path, text, { mode: 0o600 }));
  const { saveBaseline: file } = asked;
  if (file !== undefined) await attempt(resolve(file), () => saveBaseline(file, results.cells));
  return failures;
}
