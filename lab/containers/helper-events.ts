import { z } from 'zod';

/** What the capture helper tells on stderr, a line each, while it takes a core. */
const eventSchema = z.discriminatedUnion('event', [
  z.object({ event: z.literal('progress'), done: z.number().default(0), total: z.number().default(0) }),
  z.object({ event: z.literal('resumed'), pauseMicros: z.number().default(0) }),
  z.object({
    event: z.literal('done'),
    pauseMicros: z.number().default(0),
    notes: z.array(z.string()).default([]),
  }),
  z.object({
    event: z.literal('failed'),
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
  }),
]);

export type HelperEvent = z.infer<typeof eventSchema>;

/** `undefined` for lines of others: clients and engines warn on stderr too. */
export function helperEvent(line: string): HelperEvent | undefined {
  if (!line.startsWith('{')) return undefined;
  try {
    return eventSchema.safeParse(JSON.parse(line)).data;
  } catch {
    return undefined;
  }
}
