import { randomBytes, randomInt } from 'node:crypto';
import { existsSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { z } from 'zod';
import { LabError } from '../errors.js';
import { readJson, writeJson } from '../json-file.js';
import { makeFolder } from '../make-folder.js';
import { identityOf, isSameProcess } from '../targets/process-identity.js';

const identity = z.object({ pid: z.number().int(), startTicks: z.number() });

const stepState = z.object({
  prepared: z.boolean().default(false),
  met: z.boolean().default(false),
  /** Done by the lab in the participant's place. */
  solved: z.boolean().default(false),
  /** How many hints were asked for. */
  hints: z.number().int().default(0),
  answers: z.record(z.string(), z.string()).default({}),
  /** What was predicted. */
  predicted: z.string().optional(),
  /** How often answers were wrong. */
  tries: z.number().int().default(0),
  /** When the step was first asked for something; ISO 8601. */
  begunAt: z.string().optional(),
  seen: z
    .object({
      kind: z.enum(['met', 'not-yet']),
      text: z.string(),
      wrong: z.array(z.string()).readonly().optional(),
      fields: z.array(z.string()).readonly().optional(),
    })
    .optional(),
  metAt: z.string().optional(),
});

const sessionSchema = z.object({
  schema: z.literal('lab.workshop/1'),
  name: z.string(),
  /** Who has it may use the workbook. */
  token: z.string(),
  ports: z.object({ server: z.number(), pprof: z.number(), delve: z.number() }),
  /** The scenario that was drawn for each lesson. */
  scenarios: z.record(z.string(), z.string()).default({}),
  /** By `lesson/step`. */
  steps: z.record(z.string(), stepState).default({}),
  /** Processes that the lab started for the participant and that may still run. */
  processes: z.array(identity).default([]),
  /** The workbook that has this session open. */
  open: z.object({ by: identity, url: z.string() }).optional(),
});

export type SessionRecord = z.infer<typeof sessionSchema>;
export type StepState = z.infer<typeof stepState>;

/** One participant's progress. Each change is on disk before the call returns. */
export interface Session {
  readonly dir: string;
  readonly record: SessionRecord;
  stateOf(lesson: string, step: string): StepState;
  change(lesson: string, step: string, change: Partial<StepState> | undefined): Promise<void>;
  save(change: Partial<SessionRecord>): Promise<void>;
}

/** A name that can be a folder's, in any script; 40 letters of it are less than the 255 bytes that a file's name may have. */
const namePattern = /^[\p{L}\p{N}][\p{L}\p{M}\p{N}._-]{0,39}$/u;
const fresh = stepState.parse({});

/**
 * Opens the session of a participant, or begins one with free ports of its own. Throws `usage` for a name that
 * cannot be a folder's, and when another workbook has the session open.
 */
export async function openSession(folder: string, typed: string): Promise<Session> {
  const name = nameOf(typed);
  const dir = join(folder, name);
  await makeFolder(dir, 0o700);
  const file = join(dir, 'session.json');
  const hint = `move ${dir} away to start over`;
  let record: SessionRecord = existsSync(file)
    ? await readJson(file, sessionSchema, hint)
    : {
        ...{ schema: 'lab.workshop/1', name, token: randomBytes(24).toString('base64url') },
        ...{ ports: await freePorts(folder), scenarios: {}, steps: {}, processes: [] },
      };
  if (
    record.open !== undefined &&
    record.open.by.pid !== process.pid &&
    (await isSameProcess(record.open.by))
  ) {
    throw new LabError(`the workbook of ${name} is open already; another person takes another name`, {
      code: 'usage',
      hint: `use that one: ${linkTo(record.open.url, record.token)}`,
    });
  }
  const save = async (change: Partial<SessionRecord>): Promise<void> => {
    record = { ...record, ...change };
    await writeJson(file, record);
  };
  await save({});
  return {
    dir,
    get record() {
      return record;
    },
    stateOf: (lesson, step) => record.steps[`${lesson}/${step}`] ?? fresh,
    async change(lesson, step, change) {
      const key = `${lesson}/${step}`;
      const { [key]: before = fresh, ...others } = record.steps;
      await save({ steps: change === undefined ? others : { ...others, [key]: { ...before, ...change } } });
    },
    save,
  };
}

/** A participant's name as it was typed. Throws `usage` for one that cannot be a folder's. */
export function nameOf(typed: string): string {
  const name = typed.normalize('NFC');
  if (namePattern.test(name)) return name;
  throw new LabError(`${JSON.stringify(name)} cannot be a participant's name`, {
    code: 'usage',
    hint: 'take letters, digits, dots, dashes and underscores, 40 at most: --name ada',
  });
}

/** The address that lets a browser in. */
export const linkTo = (url: string, token: string): string => `${url}?token=${token}`;

/** Says in the session that this process has it open, or with `undefined` that nobody has. */
export async function claim(session: Session, url: string | undefined): Promise<void> {
  const by = await identityOf(process.pid);
  await session.save({ open: url === undefined || by === undefined ? undefined : { by, url } });
}

/** Below the range from which Linux takes ports for clients: a crowd of those must not sit on them. */
const portRange = { from: 20_000, to: 32_000 };

/** Three ports that nobody listens at and no other session of this folder has. */
async function freePorts(folder: string): Promise<SessionRecord['ports']> {
  const names = await readdir(folder).catch(() => []);
  const records = await Promise.all(
    names.map((name) => readJson(join(folder, name, 'session.json'), sessionSchema).catch(() => undefined)),
  );
  const taken = new Set(records.flatMap((record) => Object.values(record?.ports ?? {})));
  const next = async (): Promise<number> => {
    for (;;) {
      const port = randomInt(portRange.from, portRange.to);
      if (taken.has(port) || !(await isFree(port))) continue;
      taken.add(port);
      return port;
    }
  };
  return { server: await next(), pprof: await next(), delve: await next() };
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', () => resolve(false));
    server.listen(port, '127.0.0.1', () => server.close(() => resolve(true)));
  });
}
