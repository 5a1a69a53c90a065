import { readdir, rm } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join } from 'node:path';
import writeFileAtomic from 'write-file-atomic';
import { z } from 'zod';
import { readJson, writeJson } from '../../json-file.js';
import { makeFolder } from '../../make-folder.js';
import type { Waiting } from '../heavy.js';
import type { Lesson } from '../read-lessons.js';
import type { Session } from '../session.js';
import type { ClassView, ClockVerb, Pace, Seat, Standing, StepStanding } from './class-view.js';
import { paceOf, stuckAfter } from './pace.js';
import { columnsOf, planOf } from './plan.js';

/*
 * A class is a folder that everybody can write to: one file for each participant, with how far that one is and when it
 * got there. No answers, no cores, no tokens.
 */

const standingSchema = z.object({
  name: z.string(),
  host: z.string(),
  at: z.string(),
  lessons: z.record(
    z.string(),
    z.record(
      z.string(),
      z.object({
        state: z.enum(['open', 'tried', 'met', 'solved']),
        hints: z.number(),
        beganAt: z.string().optional(),
        metAt: z.string().optional(),
      }),
    ),
  ),
});

const suffix = '.standing.json';

/** Where a participant stands now. */
export function standingOf(lessons: readonly Lesson[], session: Session, at: Date): Standing {
  const states = lessons.map(({ name, steps }) => {
    const each = steps.map(({ id }): [string, StepStanding] => {
      const { met, solved, seen, hints, begunAt: beganAt, metAt } = session.stateOf(name, id);
      const state = solved ? 'solved' : met ? 'met' : seen === undefined ? 'open' : 'tried';
      return [id, { state, hints, beganAt, metAt }];
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
async function readStandings(folder: string): Promise<Standing[]> {
  const names = (await readdir(folder)).filter((name) => name.endsWith(suffix));
  const standings = await Promise.all(
    names.map((name) => readJson(join(folder, name), standingSchema).catch(() => undefined)),
  );
  return standings
    .filter((standing) => standing !== undefined)
    .sort((a, b) => a.name.localeCompare(b.name, 'en', { numeric: true }) || a.host.localeCompare(b.host));
}

export interface ClassRequest {
  readonly folder: string;
  readonly lessons: readonly Lesson[];
  readonly minutes?: number | undefined;
  /** Who waits for a heavy step, where the class works on one machine. */
  readonly waiting?: readonly Waiting[] | undefined;
  /** Those that belong to it; without, all who have told. */
  readonly names?: readonly string[] | undefined;
}

/** The class as it is now. */
export async function readClass({
  folder,
  lessons,
  minutes,
  waiting = [],
  names,
}: ClassRequest): Promise<ClassView> {
  const columns = columnsOf(lessons);
  const plan = planOf(columns, minutes);
  const [standings, clock] = await Promise.all([readStandings(folder), readClock(folder)]);
  const now = new Date();
  const time = { now, plan, ...(clock === undefined ? {} : { beganAt: new Date(clock) }) };
  const members = standings.filter(({ name }) => names === undefined || names.includes(name));
  const seats = members.map((standing): Seat => {
    const waits = waiting.find(({ who }) => who === standing.name);
    const pace: Pace =
      waits === undefined
        ? paceOf(standing, columns, time)
        : { kind: 'waits', lane: waits.lane, ahead: waits.ahead };
    return { ...standing, pace };
  });
  return {
    kind: 'class',
    folder,
    at: now.toISOString(),
    beganAt: clock,
    plan,
    lessons: columns,
    seats,
    stuckAfter,
  };
}

const clockSchema = z.object({ beganAt: z.iso.datetime() });
const clockFile = (folder: string): string => join(folder, 'clock.json');

/** When the class began; `undefined` while its clock does not run. */
async function readClock(folder: string): Promise<string | undefined> {
  return (await readJson(clockFile(folder), clockSchema).catch(() => undefined))?.beganAt;
}

/** Starts the clock of a class, again if it runs, or stops it. */
export async function setClock(folder: string, verb: ClockVerb): Promise<void> {
  if (verb === 'stop') return await rm(clockFile(folder), { force: true });
  await writeJson(clockFile(folder), { beganAt: new Date().toISOString() });
}
