import { z } from 'zod';
import { commandRecordSchema } from '../store/command-record.js';
import { observationOf } from './observation.js';
import { locationCountSchema, stackFrameSchema } from './walk-parse.js';

/** The article's walk through a core, done with the commands of the article. */
export const walkSchema = z.object({
  /** Address that the headless Delve said it listens at. */
  listening: observationOf(z.string()),
  list: observationOf(
    z.object({
      file: z.string(),
      bytes: z.number().int(),
      goroutines: z.number().int(),
      /** Whether the list ends where all goroutines end. */
      complete: z.boolean(),
      /** Keys of one goroutine's object. */
      keys: z.array(z.string()),
      /** Goroutine 1, as listed. */
      first: z.object({ user: z.string(), start: z.string() }).nullable(),
    }),
  ),
  /** Goroutines by `userCurrentLoc`, as Delve lists them. */
  table: observationOf(z.array(locationCountSchema)),
  start: observationOf(
    z.object({
      /** The start function that was searched for, and the goroutines whose `startLoc` is that. */
      function: z.string(),
      ids: z.array(z.number().int()),
      /** The wrapper under which Delve lists the goroutine, when it does. */
      wrapper: z.string().nullable(),
      /** Locations of the goroutine that the diagnosis blames, as listed. */
      listed: z.object({ user: z.string(), goStatement: z.string() }).nullable(),
    }),
  ),
  stack: observationOf(
    z.object({ goroutine: z.number().int(), switched: z.boolean(), frames: z.array(stackFrameSchema) }),
  ),
  /** The value that the goroutine is sending, as Delve prints it. */
  sending: observationOf(z.string()),
  /** The machine that all of it was typed on; absent when it was the lab's. */
  on: z.object({ kind: z.enum(['ssh', 'vagrant']), name: z.string() }).optional(),
  records: z.array(commandRecordSchema),
});

export type Walk = z.infer<typeof walkSchema>;
