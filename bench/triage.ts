import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { pause } from '../lab/deadline.js';
import { messageOf } from '../lab/errors.js';
import { projectRoot } from '../lab/paths.js';
import { triageSchema } from '../lab/triage/group.js';
import { startLab } from '../test/lab-process.js';
import { randomFrom } from '../test/random.js';
import { tempFolder } from '../test/temp-folder.js';
import { numbersOf } from './options.js';
import { watched } from './process-tree.js';
import { hungPrograms } from './triage/hung-dumps.js';
import { compareWithTruth } from './triage/sorted.js';
import { variantOf } from './triage/variant.js';

const kills = 10;

/**
 * A thousand dumps of forty programs in one folder, sorted by `lab triage` as a user types it, without sources: how far its
 * groups are the programs, what it takes, and whether it comes to the same bytes when it is killed again and again. Every
 * program is really brought to hang `--hangs` times; the other dumps are made of these.
 */
export async function run(signal: AbortSignal, args: readonly string[]): Promise<void> {
  const asked = sizeOf(args);
  await using temporary = await tempFolder();
  const folder = asked.folder ?? temporary.file('dumps');
  await mkdir(folder, { recursive: true });
  if ((await readdir(folder)).length === 0) await fill(folder, asked, temporary.path, signal);
  else print(`as they are in ${folder}`);
  const options = ['--no-source', '--json', '--quiet', '--state'];
  const command = (state: string) => ['triage', folder, ...options, temporary.file(state)] as const;
  const lab = join(projectRoot, 'dist/scripts/lab.js');
  const began = performance.now();
  const took = await watched([process.execPath, lab, ...command('whole')], {}, signal);
  const wallMs = performance.now() - began;
  const triage = triageSchema.parse(JSON.parse(took.stdout));
  const { groups, programs, right, wrong, misplaced } = compareWithTruth(triage);
  print(
    `${triage.counts.inputs} dumps of ${programs} programs: ${groups} groups, ${right} of them one program each`,
  );
  print(`dumps that lie elsewhere: ${misplaced}`);
  for (const line of wrong) print(`  ${line}`);
  const seconds = (ms: number) => `${(ms / 1_000).toFixed(0)} s`;
  const gigabytes = (took.atOnceBytes / 1e9).toFixed(2);
  print(
    `took ${seconds(wallMs)} on ${availableParallelism()} processors, ${took.cpuS.toFixed(0)} s of their time`,
  );
  print(`memory of all its processes, at most: ${gigabytes} GB`);
  for (let kill = 1; kill <= kills; kill += 1) {
    const begun = startLab(command('killed'));
    await pause(wallMs / (kills + 2), signal);
    begun.kill('SIGKILL');
    await begun.ended;
  }
  const resumed = await startLab(command('killed')).ended;
  const same = resumed.stdout.trim() === took.stdout.trim();
  print(`killed ${kills} times and gone on with: ${same ? 'the same bytes' : 'ANOTHER RESULT'}`);
}

type Size = ReturnType<typeof sizeOf>;

function sizeOf(args: readonly string[]) {
  const text = { type: 'string' } as const;
  const options = { dumps: text, programs: text, hangs: text, seed: text, folder: text };
  const { values } = parseArgs({ args: [...args], options });
  return {
    ...numbersOf({ dumps: 1_000, programs: 40, hangs: 2, seed: 20_261_130 }, values, 1),
    /** Where the dumps are kept, or lie from before, instead of a folder that goes at the end. */
    ...(values.folder === undefined ? {} : { folder: values.folder }),
  };
}

/** Real dumps first, the others of each program made of its own in turn. */
async function fill(folder: string, asked: Size, runs: string, signal: AbortSignal): Promise<void> {
  const random = randomFrom(asked.seed);
  const programs = hungPrograms(asked.programs, runs);
  const share = asked.dumps / programs.length;
  let real = 0;
  let written = 0;
  for (const [number, { name, hang }] of programs.entries()) {
    const dumps: string[] = [];
    for (let times = 0; times < asked.hangs; times += 1) {
      try {
        dumps.push(await hang(signal));
      } catch (error) {
        signal.throwIfAborted();
        print(`  ${name}: ${messageOf(error)}`);
      }
    }
    real += dumps.length;
    print(`${name}: hung ${dumps.length} times`);
    if (dumps.length === 0) continue;
    for (; written < Math.round(share * (number + 1)); written += 1) {
      const dump = dumps[written % dumps.length] ?? '';
      const isFirst = written < Math.round(share * number) + dumps.length;
      const file = join(folder, `${name}+${String(written).padStart(4, '0')}.txt`);
      await writeFile(file, isFirst ? dump : variantOf(dump, random));
    }
  }
  print(`${written} dumps, ${real} of them as programs printed them`);
}

const print = (text: string): void => void process.stdout.write(`${text}\n`);
