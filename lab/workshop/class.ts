import { readdir } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { readJson } from '../store/json-file.js';
import { makeFolder } from '../store/make-folder.js';
import type { Lesson } from './read-lessons.js';
import type { Session } from './session.js';
import type { ClassView, PlannedLesson, Standing, StepStanding } from './view.js';

/*
 * A class is a folder that everybody can write to: one file for each participant, with how far that one is. No
 * answers, no cores, no tokens.
 */

const standingSchema = z.object({
  name: z.string(),
  host: z.string(),
  at: z.string(),
  lessons: z.record(
    z.string(),
    z.record(z.string(), z.object({ state: z.enum(['open', 'tried', 'met', 'solved']), hints: z.number() })),
  ),
});

const suffix = '.standing.json';

/** Where a participant stands now. */
export function standingOf(lessons: readonly Lesson[], session: Session, at: Date): Standing {
  const states = lessons.map(({ name, steps }) => {
    const each = steps.map(({ id }): [string, StepStanding] => {
      const { met, solved, seen, hints } = session.stateOf(name, id);
      const state = solved ? 'solved' : met ? 'met' : seen === undefined ? 'open' : 'tried';
      return [id, { state, hints }];
    });
    return [name, Object.fromEntries(each)] as const;
  });
  const { name } = session.record;
  return { name, host: hostname(), at: at.toISOString(), lessons: Object.fromEntries(states) };
}

/** Tells the class where a participant stands. Others have to be able to read the file. */
export async function shareStanding(folder: string, standing: Standing): Promise<void> {
  await makeFolder(folder);
  const file = join(folder, `${standing.name}-${standing.host.replaceAll(/[^\w.-]/g, '-')}${suffix}`);
  await writeFileAtomic(file, `${JSON.stringify(standing, null, 2)}\n`, { mode: 0o644 });
}

/** Everyone who has told, by name; files that are none are left out. */
export async function readClass(folder: string, lessons: readonly Lesson[]): Promise<ClassView> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(suffix));
  const standings = await Promise.all(
    names.map((name) => readJson(join(folder, name), standingSchema).catch(() => undefined)),
  );
  const participants = standings
    .filter((standing) => standing !== undefined)
    .sort((a, b) => a.name.localeCompare(b.name) || a.host.localeCompare(b.host));
  return { kind: 'class', folder, plan: timePlan(lessons), participants };
}

/** The lessons one after the other. */
export function timePlan(lessons: readonly Lesson[]): readonly PlannedLesson[] {
  let from = 0;
  return lessons.map(({ name, title, goal, steps }) => {
    const to = from + steps.reduce((sum, { minutes }) => sum + minutes, 0);
    const planned = {
      name,
      title,
      goal,
      from,
      to,
      steps: steps.map(({ id, title, minutes }) => ({ id, title, minutes })),
    };
    from = to;
    return planned;
  });
}
