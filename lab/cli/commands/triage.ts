import { createHash } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { join, resolve } from 'node:path';
import { text as textOf } from 'node:stream/consumers';
import { z } from 'zod';
import { complaintsText } from '../../complaints.js';
import { decimal } from '../../decimal.js';
import { LabError } from '../../errors.js';
import { cacheFolder } from '../../paths.js';
import { triageText } from '../../report/triage-text.js';
import { parseShard, type Shard } from '../../shard.js';
import { writing } from '../../store/cannot-write.js';
import { labVersion } from '../../store/lab-version.js';
import { type Input, inputsIn, inputsListed } from '../../triage/find-inputs.js';
import type { Triage } from '../../triage/group.js';
import { openJournal } from '../../triage/journal.js';
import { readKnown, withTickets } from '../../triage/known.js';
import { mergeParts } from '../../triage/merge.js';
import { type Looking, type TriageOptions, triage } from '../../triage/triage.js';
import type { LabCommand } from '../command.js';
import { columnsOf, type Output } from '../context.js';
import { requireDistinct } from '../distinct-files.js';
import { defineTriage } from '../manual/triage.js';
import { withPatience, withProgress } from '../progress.js';
import { parseSourceMap, requireSourceFolders } from '../source-options.js';
import { requireWritable, writeWhole } from '../written-file.js';

const optionsSchema = z.looseObject({
  exe: z.string().optional(),
  /** A folder; commander's form of `--no-source` is `false`. */
  source: z.union([z.boolean(), z.string().min(1)]).default(true),
  sourceMap: z.array(z.string().regex(/^[^=]+=.+$/, 'FROM=TO')).default([]),
  jobs: decimal(z.number().int().min(1).max(256)).optional(),
  timeLimit: decimal(z.number().positive().max(86_400)).default(120),
  state: z.string().min(1).optional(),
  fresh: z.boolean().default(false),
  shard: z.string().optional(),
  merge: z.array(z.string()).optional(),
  known: z.string().optional(),
  html: z.string().optional(),
  junit: z.string().optional(),
});

type Asked = z.infer<typeof optionsSchema>;

export const triageCommand: LabCommand = {
  define: defineTriage,
  async act({ args, options, output, signal }) {
    const parsed = optionsSchema.safeParse(options);
    if (!parsed.success) {
      const hint = 'see `npx lab triage --help`';
      throw new LabError(complaintsText(parsed.error, options), { code: 'usage', hint });
    }
    const asked = parsed.data;
    const [folder] = args.filter((arg) => typeof arg === 'string');
    const shard = requireSensible(folder, asked);
    const known = asked.known === undefined ? undefined : await readKnown(asked.known);
    const inputs = await inputsFor(folder, shard);
    const sorted = await withProgress(output, async (emit) => {
      const patience = { stage: 'triage', text: `${folder ?? 'parts'}` } as const;
      return await withPatience(emit, patience, async (say) => {
        const how = await howOf(folder, asked, shard, say);
        return asked.merge === undefined
          ? await triage(inputs, how, signal)
          : await mergeParts(asked.merge, inputs, how, signal);
      });
    });
    const result = known === undefined ? sorted : withTickets(sorted, known);
    output.document(result);
    output.print(triageText(result, { columns: columnsOf(process.stdout) }));
    await save(result, asked, output);
    return exitCodeOf(result);
  },
};

/** What is sure to fail is said before the work. */
function requireSensible(folder: string | undefined, asked: Asked): Shard | undefined {
  const refuse = (message: string, hint: string): never => {
    throw new LabError(message, { code: 'usage', hint });
  };
  const { merge, known, html, junit, shard, source, sourceMap } = asked;
  if (folder === undefined && merge === undefined)
    refuse('nothing to triage was named', 'name a folder of cores and dumps, or - for a list on stdin');
  if (merge !== undefined && shard !== undefined)
    refuse('--merge puts parts together, and --shard makes one', 'leave out one of them');
  requireSourceFolders({ source, sourceMap });
  const written = [
    { what: 'the page', path: html },
    { what: 'the JUnit report', path: junit },
  ].flatMap(({ what, path }) => (path === undefined ? [] : [{ what, path }]));
  const read = [
    ...(merge ?? []).map((path) => ({ what: 'a part', path })),
    ...(known === undefined ? [] : [{ what: 'the list of known causes', path: known }]),
  ];
  requireDistinct(written, read);
  for (const { what, path } of written) requireWritable(what, resolve(path));
  return shard === undefined ? undefined : parseShard(shard);
}

async function inputsFor(folder: string | undefined, shard: Shard | undefined): Promise<readonly Input[]> {
  if (folder === undefined) return [];
  const inputs =
    folder === '-' ? await inputsListed(await textOf(process.stdin), shard) : await inputsIn(folder, shard);
  if (inputs.length > 0 || shard !== undefined) return inputs;
  throw new LabError(`there are no files in ${folder === '-' ? 'the list' : folder}`, {
    ...{ code: 'usage', hint: 'name a folder with cores or goroutine dumps in it' },
  });
}

async function howOf(
  folder: string | undefined,
  { exe, source, sourceMap, state, fresh, jobs, timeLimit }: Asked,
  shard: Shard | undefined,
  say: (text: string) => void,
): Promise<TriageOptions> {
  const isFolder = folder !== undefined && folder !== '-';
  const looking: Looking = {
    ...{ sources: source !== false, thorough: typeof source === 'string' },
    sourceMap: sourceMap.map(parseSourceMap),
    ...(exe === undefined ? {} : { exe: resolve(exe) }),
    ...(isFolder ? { near: resolve(folder) } : {}),
    ...(typeof source === 'string' ? { source: resolve(source) } : {}),
  };
  const named = isFolder ? resolve(folder) : (folder ?? '');
  const own = createHash('sha256').update(named).digest('hex').slice(0, 16);
  const dir = state === undefined ? join(cacheFolder(), 'triage', own) : resolve(state);
  const version = await labVersion();
  const items = await openJournal(join(dir, 'items'), { looking, version }, fresh);
  const causes = await openJournal(join(dir, 'causes'), { looking, version, sources: true }, fresh);
  return {
    ...{ looking, shard, jobs: jobs ?? availableParallelism(), timeLimitMs: timeLimit * 1_000 },
    journals: { items, causes },
    onProgress: (done, all, what) =>
      say(`${done} of ${all} ${what === 'inputs' ? 'inputs' : 'examples with their sources'}`),
  };
}

async function save(result: Triage, { html, junit }: Asked, output: Output): Promise<void> {
  if (html !== undefined) {
    const file = resolve(html);
    const { triageHtml } = await import('../../report/triage-html.js');
    await writing('the page', file, writeWhole(file, await triageHtml(result)));
    output.aside(`page: ${file}`);
  }
  if (junit !== undefined) {
    const file = resolve(junit);
    const { triageJunit } = await import('../../report/triage-junit.js');
    await writing('the JUnit report', file, writeWhole(file, triageJunit(result)));
    output.aside(`JUnit: ${file}`);
  }
}

/** 1: a deadlock that is not known; 2: something else hangs, or was not read; 0: neither. */
function exitCodeOf({ groups, counts, items }: Triage): number {
  const open = groups.filter(({ ticket }) => ticket === undefined);
  const shown = new Set(items.filter(({ told }) => told?.verdict === 'deadlock').map(({ path }) => path));
  if (open.some(({ members }) => members.some((path) => shown.has(path)))) return 1;
  return open.length > 0 || counts.failed > 0 || counts.unplaced > 0 ? 2 : 0;
}
