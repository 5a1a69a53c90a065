import { createReadStream, existsSync } from 'node:fs';
import { mkdir, readdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { diagnosisSchema } from '../analysis/model/diagnosis.js';
import { checklistRowSchema } from '../checklist/row.js';
import { walkSchema } from '../checklist/walk-record.js';
import { scenarioOf } from '../config.js';
import { expectations, expectationsOfFixed } from '../expectation.js';
import { readJson } from '../json-file.js';
import { allPrintable } from '../printable.js';
import { sourceMapOf } from '../run-sources.js';
import { membersFile, readMembers } from '../store/members.js';
import type { Run } from '../store/run-store.js';
import { readCounts, readCrowd, readProbes, readProcessLooks, readSamples } from '../store/series.js';
import { delveOfWalk, delveSentence } from './delve-words.js';
import { markdownCode } from './markdown.js';
import { reportHtml } from './report-html.js';
import { reportMarkdown } from './report-markdown.js';
import { runChapters } from './run-chapters.js';
import type { RunFile, RunReport } from './run-report.js';
import { commandLine } from './shell.js';
import { type TranscriptChapter, transcript } from './transcript.js';

const headBytes = 64 * 1024;

/** Writes `transcript.md`, `report.md` and `report.html` from what the run's folder holds. */
export async function writeReports(run: Run): Promise<RunReport> {
  const { markdown, files } = transcript({
    title: `Transcript of ${run.record.id}`,
    text: [
      'What the lab did, as commands to type in the folder of this run, each with what it printed. Where the lab did the same in another way, a note says so.',
      ...(await delveIn(run)),
    ].join('\n\n'),
    dir: run.dir,
    chapters: await chaptersOf(run),
  });
  for (const { name, text } of files) await write(run, name, text);
  await write(run, 'transcript.md', markdown);
  await write(run, 'report.md', reportMarkdown(await readReport(run)));
  const roster = await readMembers(run.file(membersFile));
  const page = await reportHtml({ ...(await readReport(run)), ...(roster && { roster }) }, sourceMapOf(run));
  await write(run, 'report.html', page);
  return await readReport(run);
}

/** All that the reports tell, read from the run's folder; what is missing is left out. */
export async function readReport(run: Run): Promise<RunReport> {
  const diagnosis = await optional(run.file('diagnosis.json'), diagnosisSchema);
  const { fixed } = run.record.config;
  const scenario = scenarioOf(run.record.config);
  const compared = diagnosis && (fixed ? expectationsOfFixed(diagnosis) : expectations(diagnosis, scenario));
  return allPrintable({
    record: run.record,
    scenario,
    expectations: compared ?? [],
    ...(diagnosis === undefined ? {} : { diagnosis }),

    checklist: (await optional(run.file('checklist.json'), z.array(checklistRowSchema))) ?? [],
    samples: await readSamples(run.file('load.jsonl')),
    probes: await readProbes(run.file('probes.jsonl')),
    looks: await readProcessLooks(run.file('process.jsonl')),
    crowd: await readCrowd(run.file('crowd.jsonl')),
    counts: await readCounts(run.file('goroutines.jsonl')),
    files: await listFiles(run),
    chapters: (await chaptersOf(run)).map(({ title, records }) => ({
      title,
      commands: records.map((record) => ({ id: record.id, line: commandLine(record, run.dir) })),
    })),
  });
}

/** Which Delve the walk typed into: the one on PATH may not fit the program. */
async function delveIn(run: Run): Promise<string[]> {
  const walk = await optional(run.file('walk.json'), walkSchema);
  const diagnosis = await optional(run.file('diagnosis.json'), diagnosisSchema);
  const delve =
    walk && delveOfWalk(walk, run.record.versions['delve'] ?? 'of an unknown version', diagnosis?.delve);
  if (delve === undefined) return [];
  return [`Only a compatible Delve, \`dlv\`, opens the core. ${delveSentence(delve, markdownCode)}`];
}

async function chaptersOf(run: Run): Promise<TranscriptChapter[]> {
  const walk = await optional(run.file('walk.json'), walkSchema);
  return runChapters(run.record, await readHead(run.file('server.log')), walk);
}

/** The beginning of a file, which may be longer than a string can be; of none, nothing. */
async function readHead(path: string): Promise<string> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of createReadStream(path, { end: headBytes - 1 })) chunks.push(Buffer.from(chunk));
  } catch {
    return '';
  }
  return Buffer.concat(chunks).toString('utf8');
}

async function listFiles(run: Run): Promise<RunFile[]> {
  const entries = (await readdir(run.dir, { withFileTypes: true })).filter(
    ({ name }) => !name.startsWith('.'),
  );
  const files = entries.map(async (entry) => {
    const path = run.file(entry.name);
    return entry.isDirectory()
      ? { name: `${entry.name}/`, bytes: await bytesBelow(path) }
      : { name: entry.name, bytes: (await stat(path)).size };
  });
  return (await Promise.all(files)).sort((a, b) => (a.name < b.name ? -1 : 1));
}

async function bytesBelow(folder: string): Promise<number> {
  const entries = await readdir(folder, { withFileTypes: true, recursive: true });
  const sizes = entries
    .filter((entry) => entry.isFile())
    .map(async (entry) => (await stat(join(entry.parentPath, entry.name))).size);
  return (await Promise.all(sizes)).reduce((sum, size) => sum + size, 0);
}

async function optional<S extends z.ZodType>(path: string, schema: S): Promise<z.infer<S> | undefined> {
  return existsSync(path) ? await readJson(path, schema) : undefined;
}

async function write(run: Run, name: string, text: string): Promise<void> {
  await mkdir(dirname(run.file(name)), { recursive: true });
  await writeFileAtomic(run.file(name), text, { mode: 0o600 });
}
