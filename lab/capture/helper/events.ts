import { z } from 'zod';
import { LabError, labErrorCodes } from '../../errors.js';

/** How the memory was copied: while the process ran (`tracked`), while it stood still, or from a child. */
export const snapshotWays = ['tracked', 'read', 'fork'] as const;

/** What the helper says at the end (helpers/capture/report.go). Sizes in bytes. */
export const takenSchema = z.object({
  event: z.literal('done'),
  pid: z.number(),
  threads: z.number(),
  pauseMicros: z.number().default(0),
  snapshot: z.enum(snapshotWays),
  resident: z.number().default(0),
  size: z.number(),
  slim: z.boolean().default(false),
  notes: z.array(z.string()).default([]),
});

export type Taken = Readonly<z.infer<typeof takenSchema>>;

const eventSchema = z.discriminatedUnion('event', [
  takenSchema,
  z.object({ event: z.literal('progress'), done: z.number().default(0), total: z.number().default(0) }),
  z.object({ event: z.literal('resumed'), pauseMicros: z.number().default(0) }),
  z.object({
    event: z.literal('failed'),
    code: z.enum(labErrorCodes),
    message: z.string(),
    hint: z.string().optional(),
  }),
]);

export type HelperEvent = z.infer<typeof eventSchema>;

/** A line of the helper's stderr; `undefined` when somebody else wrote it. */
export function parseEvent(line: string): HelperEvent | undefined {
  if (!line.startsWith('{"event"')) return undefined;
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}

/** What became of a run of the helper, from all that it wrote to stderr. */
export function outcomeOf(stderr: string): Taken | LabError | undefined {
  for (const line of stderr.split('\n').toReversed()) {
    const event = parseEvent(line);
    if (event?.event === 'done') return event;
    if (event?.event === 'failed') {
      const { code, message, hint } = event;
      return new LabError(message, { code, ...(hint === undefined || hint === '' ? {} : { hint }) });
    }
  }
  return undefined;
}
