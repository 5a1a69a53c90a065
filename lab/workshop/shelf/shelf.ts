import { existsSync } from 'node:fs';
import { chmod, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { diagnosisSchema } from '../../analysis/model/diagnosis.js';
import { scenarioNamed } from '../../config.js';
import { LabError } from '../../errors.js';
import { readJson, writeJson } from '../../json-file.js';
import { makeFolder } from '../../make-folder.js';
import { localTarget } from '../../targets/local.js';
import { core as coreAct } from '../acts/core.js';
import { coreIn, diagnosisOf } from '../core-here.js';
import { digCores } from '../dig-cores.js';
import { type Kept, type Program, type Shelf, shelfName } from '../kept.js';
import { type Place, packageOf } from '../place.js';
import type { Lesson } from '../read-lessons.js';

/*
 * Cores that were taken before a class, one of each program, for people who cannot take one themselves: on tablets, and
 * where programs of Linux do not run. A participant's folder gets the core by a link, so that twenty need no more disk
 * than one; nothing is built, loaded or analysed while the class goes on.
 */

const keptSchema = z.object({ schema: z.literal('lab.workshop-core/1'), core: z.string() });
/** How often a core is tried to be taken. */
const goes = 8;
const recordName = 'kept.json';
const diagnosisName = 'diagnosis.json';

/** Every program that the lessons draw from, once. */
export function programsOf(lessons: readonly Lesson[]): readonly Program[] {
  const all = lessons.flatMap(({ scenario, build, blind }) =>
    scenario.map((name) => ({ scenario: name, build, blind })),
  );
  return [...new Map(all.map((program) => [shelfName(program), program])).values()];
}

export interface ShelfRequest {
  readonly dir: string;
  readonly programs: readonly Program[];
  /** Told before a core is taken, which takes some twenty seconds. */
  readonly tell: (text: string) => void;
}

/** Takes what is not there yet; what was taken before a kill is whole or is taken anew. */
export async function openShelf(request: ShelfRequest, signal: AbortSignal): Promise<Shelf> {
  const { dir, programs, tell } = request;
  await makeFolder(dir, 0o700);
  const shelf = new Map<string, Kept>();
  for (const [i, program] of programs.entries()) {
    const name = shelfName(program);
    const folder = join(dir, name);
    if (!existsSync(join(folder, recordName))) {
      tell(`core ${i + 1} of ${programs.length} is taken: ${program.scenario}`);
      await take(folder, program, signal);
    }
    const { core } = await readJson(
      join(folder, recordName),
      keptSchema,
      `remove ${folder}: it is made anew`,
    );
    const diagnosis = await readJson(join(folder, diagnosisName), diagnosisSchema);
    shelf.set(name, { folder: join(folder, name), core, diagnosis, archive: join(folder, `${name}.tar.gz`) });
  }
  return shelf;
}

async function take(folder: string, program: Program, signal: AbortSignal): Promise<void> {
  const { build, blind } = program;
  const scenario = scenarioNamed(program.scenario);
  const name = shelfName(program);
  await rm(folder, { recursive: true, force: true });
  const place: Place = {
    ...{ folder: join(folder, name), vault: join(folder, 'vault'), lesson: folder },
    ...{
      scenario,
      build,
      blind,
      package: packageOf(scenario, blind),
      ports: { server: 0, pprof: 0, delve: 0 },
    },
    ...{ target: localTarget(), emit: () => {}, tell: () => {}, signal },
    heavy: (_lane, work) => work(),
  };
  for (const one of [place.folder, place.vault]) await makeFolder(one, 0o700);
  await takeInTheEnd(place, signal);
  await digCores(place, 0);
  const here = await coreIn(place);
  if (here.kind === 'none') throw new LabError(here.why, { code: 'internal' });
  // Nobody changes for all what belongs to all.
  await chmod(here.core, 0o400);
  await writeJson(join(folder, diagnosisName), await diagnosisOf(place));
  await rm(place.vault, { recursive: true });
  await pack(place, folder, name);
  await writeJson(join(folder, recordName), { schema: 'lab.workshop-core/1', core: basename(here.core) });
}

/** Whether a load ends in the hang is decided anew each time, and on a busy machine less often. */
async function takeInTheEnd(place: Place, signal: AbortSignal): Promise<void> {
  const act = coreAct.parse({ kind: 'core' });
  for (let go = 1; ; go++) {
    try {
      return await act.run(place);
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof LabError) || error.code !== 'undecided' || go === goes) throw error;
    }
  }
}

/** With its holes: what unpacks it needs megabytes, and not gigabytes, of disk. */
async function pack({ target, signal }: Place, folder: string, name: string): Promise<void> {
  const half = join(folder, 'half.tar.gz');
  const argv = ['tar', '--create', '--gzip', '--sparse', '--file', half, '--exclude=env.sh', name];
  const { exitCode, stderr } = await target.exec(argv, { signal, cwd: folder });
  if (exitCode !== 0) {
    throw new LabError(`tar failed: ${stderr.trim()}`, {
      code: 'target',
      hint: 'look whether the disk is full',
    });
  }
  await rename(half, join(folder, `${name}.tar.gz`));
}

/** The lessons as far as they need nothing but a core: steps that ask, the first of which is given the core. */
export function coresOnly(lessons: readonly Lesson[]): readonly Lesson[] {
  const setup = coreAct.parse({ kind: 'core' });
  return lessons.flatMap((lesson) => {
    // A dump, several looks or a kit are not what is on the shelf.
    if (lesson.steps.some(({ setupKind = 'core' }) => !['core', 'sources'].includes(setupKind))) return [];
    const [first, ...others] = lesson.steps.filter(({ check }) => check.fields.length > 0);
    return first === undefined ? [] : [{ ...lesson, steps: [{ ...first, setup }, ...others] }];
  });
}
