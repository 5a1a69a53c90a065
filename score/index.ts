import { setMaxListeners } from 'node:events';
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { LabError, messageOf, toLabError } from '../lab/errors.js';
import { projectRoot } from '../lab/paths.js';
import { localTarget } from '../lab/targets/local.js';
import { type GoTool, listEveryGo } from '../lab/toolchain/go.js';
import { buildPrograms } from './programs.js';
import { type Score, scoreProgram } from './score-program.js';
import { type GoScores, markdownOf, totalsOf } from './table.js';
import { readTruth } from './truth.js';

/** The first Go whose own tests have these programs. */
const oldestMinor = 26;
const page = join(projectRoot, 'docs/score.md');
const usage =
  'npm run score -- [--go 1.26] [--tries N] [--keep DIR] [--json | --write | --from JSON,JSON ...] [PROGRAM ...]';

async function main(signal: AbortSignal): Promise<void> {
  const { values, positionals } = readArguments();
  const tries = Number(values.tries);
  if (!Number.isInteger(tries) || tries < 1) throw refused(`--tries ${values.tries} is no number of tries`);
  if (values.from !== undefined) return await writePage(merged(await readScores(values.from.split(','))));
  const all: GoScores[] = [];
  for (const go of await gosToScore(values.go, signal))
    all.push(await scoreGo(go, { only: positionals, tries, keep: values.keep }, signal));
  if (values.json)
    process.stdout.write(
      `${JSON.stringify(
        all.map((go) => ({ ...go, totals: totalsOf(go) })),
        undefined,
        2,
      )}\n`,
    );
  else process.stdout.write(`${markdownOf(all)}\n`);
  if (values.write) await writePage(all);
}

const writePage = (all: readonly GoScores[]) => writeFile(page, `${introduction}\n${markdownOf(all)}\n`);

async function readScores(files: readonly string[]): Promise<readonly GoScores[]> {
  const all: GoScores[] = [];
  for (const file of files) {
    try {
      all.push(...JSON.parse(await readFile(file, 'utf8')));
    } catch (error) {
      throw refused(`${file} is not what \`npm run score -- --json\` prints: ${messageOf(error)}`);
    }
  }
  return all;
}

/** Runs of different programs of one Go, as one. */
function merged(all: readonly GoScores[]): readonly GoScores[] {
  return [...new Set(all.map(({ go }) => go))].map((go) => {
    const same = all.filter((one) => one.go === go);
    const scores = same.flatMap((one) => one.scores).toSorted((a, b) => a.program.localeCompare(b.program));
    return { go, scores, unrun: same.flatMap(({ unrun }) => unrun) };
  });
}

function readArguments() {
  try {
    return parseArgs({
      allowPositionals: true,
      options: {
        go: { type: 'string' },
        tries: { type: 'string', default: '5' },
        keep: { type: 'string' },
        from: { type: 'string' },
        json: { type: 'boolean', default: false },
        write: { type: 'boolean', default: false },
      },
    });
  } catch (error) {
    throw refused(messageOf(error));
  }
}

const refused = (message: string) => new LabError(message, { code: 'usage', hint: usage });

/** Of each minor from 1.26 on the newest that is there; or those whose version begins as asked. */
async function gosToScore(wanted: string | undefined, signal: AbortSignal): Promise<readonly GoTool[]> {
  const there = (await listEveryGo(localTarget(), [], signal)).filter(
    ({ release }) => release.minor >= oldestMinor,
  );
  const asked = there.filter(({ version }) => wanted === undefined || `${version}.`.startsWith(`${wanted}.`));
  const newest = new Map<number, GoTool>();
  for (const go of asked.toSorted((a, b) => a.version.localeCompare(b.version, undefined, { numeric: true })))
    newest.set(go.release.minor, go);
  if (newest.size > 0) return [...newest.values()];
  const have = there.length === 0 ? 'none is here' : `here are ${there.map((go) => go.version).join(', ')}`;
  throw new LabError(`Go 1.${oldestMinor} or newer has the programs that are scored: ${have}`, {
    code: wanted === undefined || there.length === 0 ? 'missing-tool' : 'usage',
    hint: 'install Go 1.26 or newer from https://go.dev/dl/ and put it on PATH',
  });
}

async function scoreGo(
  go: GoTool,
  {
    only,
    tries,
    keep,
  }: { readonly only: readonly string[]; readonly tries: number; readonly keep: string | undefined },
  signal: AbortSignal,
): Promise<GoScores> {
  const root = dirname(dirname(go.path));
  const programs = await readTruth(root);
  const unknown = only.filter((name) => !programs.some((program) => program.name === name));
  if (unknown.length > 0) throw refused(`Go ${go.version} has no program ${unknown.join(', ')}`);
  const wanted = programs.filter(({ name }) => only.length === 0 || only.includes(name));
  const kept = keep === undefined ? undefined : join(keep, go.version);
  if (kept !== undefined) await mkdir(kept, { recursive: true });
  const to = kept ?? (await mkdtemp(join(tmpdir(), 'lab-score-')));
  try {
    const built = new Map<string, string>();
    for (const folder of new Set(wanted.map((program) => program.folder)))
      built.set(folder, await buildPrograms({ go, root, folder, to }, signal));
    const scores: Score[] = [];
    const unrun: string[] = [];
    for (const program of wanted) {
      const exe = built.get(program.folder) ?? '';
      const score = await scoreProgram({ program, exe, goRoot: root, maxTries: tries, keep: kept }, signal);
      if (score === undefined) unrun.push(program.name);
      else scores.push(score);
      process.stderr.write(`${go.version} ${progressOf(program.name, score)}\n`);
    }
    return { go: go.version, scores, unrun };
  } finally {
    if (kept === undefined) await rm(to, { recursive: true, force: true });
  }
}

function progressOf(name: string, score: Score | undefined): string {
  if (score === undefined) return `${name}: ended without a profile`;
  const { runtime, ours, expected } = score;
  const rules = ours.findings.map(({ rule, certainty }) => `${rule} ${certainty}`).join(', ');
  return `${name}: runtime ${runtime.kinds} of ${expected}, ours ${ours.kinds} of ${expected} (${rules || ours.verdict})`;
}

const introduction = `# Score

The Go distribution tests its own goroutine leak profile with small programs, each of which leaks goroutines in a
known way; most are the kernels of deadlocks that people reported. \`npm run score\` builds them where they lie in the
toolchain, runs each one once under gdb, and takes a core at the moment at which the program asks for its profile, before the
runtime has marked anything; then the program goes on, and writes what the runtime found. Both answers are
about the same moment of the same run. What should be found is read from the distribution's test. Nothing of theirs is
stored here.

\`\`\`console
$ npm run score                      # every Go from 1.26 on that is here; a quarter of an hour each
$ npm run score -- --go 1.27 Cond    # one program
$ npm run score -- --write           # writes this page
$ npm run score -- --from a.json,b.json # writes it from what --json has printed, as of halves that ran side by side
$ npm run score -- --keep /tmp/cores # leaves the programs and their cores there
\`\`\`

| column | means |
|---|---|
| may leak | kinds of goroutines (function and wait) that the test expects; many come by chance, not all in each run |
| runtime, ours | how many of these kinds each called lost in this run; ours counts when it is \`proved\` or \`strong\` |
| tries | many hang by chance: a program is run until one of the two finds something, five times at most (\`--tries\`) |
| others | kinds that were called lost beside the expected. Ours sees goroutines too that the runtime cannot: those that something alive still reaches |
| right function | whether all goroutines that the findings name as the root cause are expected ones |
| ms | of the runtime's own search with all that it writes, and of our analysis; taken on two busy cores with ten times as much to do, so several times what they are alone |

What comes out as different, and why:

- \`NoLeakGlobal\` waits at a channel that a package variable leads to, so that a garbage collector must not call it leaked. Nothing in
  the program ever serves that channel: ours says so from the sources, as \`strong\`, and must not call it \`proved\`.
- \`SelectNoCases\` is a \`select {}\` beside goroutines that work. The runtime calls it leaked; ours only suspects it:
  somebody may have meant to park a goroutine.
- The runtime stops the program to search, and what was just about to run has run until then. A core is of the moment before: of a program
  that is still busy it may show goroutines on their way that a moment later are stuck.
`;

const interruption = new AbortController();
setMaxListeners(0, interruption.signal);
process.once('SIGINT', () => interruption.abort());
process.once('SIGTERM', () => interruption.abort());
try {
  await main(interruption.signal);
} catch (error) {
  const { message, hint, exitCode } = toLabError(error);
  process.stderr.write(
    `${interruption.signal.aborted ? 'interrupted' : message}\n${hint ? `-> ${hint}\n` : ''}`,
  );
  process.exitCode = interruption.signal.aborted ? 130 : exitCode;
}
