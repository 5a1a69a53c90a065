import { z } from 'zod';
import { kinds, toldSchema } from './item.js';

/*
 * What a triage and the processes of its inputs say to each other: one task as JSON in the arguments, one line of JSON
 * back.
 */

/** How the name of an input's own folder for temporary files begins. */
export const markPrefix = 'lab-triage-';

export const taskSchema = z.object({
  /** Absolute. */
  file: z.string(),
  /** As messages call it. */
  name: z.string(),
  kind: z.enum(kinds),
  /** Whether sources are to be looked at: a core's always are, unless that is not wanted. */
  sources: z.boolean(),
  /** An executable, or a folder to look for that of a core. */
  exe: z.string().optional(),
  /** Where the executable of a core is looked for when none is named. */
  near: z.string().optional(),
  source: z.string().optional(),
  sourceMap: z.array(z.object({ from: z.string(), to: z.string() })),
});

export type Task = z.infer<typeof taskSchema>;

export const lineSchema = z.discriminatedUnion('type', [
  z.object({ type: z.literal('told'), told: toldSchema }),
  z.object({ type: z.literal('skipped'), why: z.string() }),
  z.object({ type: z.literal('failed'), why: z.string() }),
]);

export type Line = z.infer<typeof lineSchema>;
