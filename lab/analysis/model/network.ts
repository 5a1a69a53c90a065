import { z } from 'zod';
import { location } from './location.js';

/** An object of package sync that the next goroutine has. */
const networkStep = z.object({
  object: z.object({
    kind: z.enum(['mutex', 'rwmutex', 'waitgroup', 'cond']),
    address: z.string(),
    name: z.string(),
    state: z.string(),
  }),
  holder: z.number().int(),
  /** Where it was taken: the frame that has it, and how the object is called there. */
  holds: location.extend({ frame: z.number().int(), expression: z.string() }),
  /** Goroutines that wait for it. */
  waiting: z.number().int(),
});

/** A goroutine at one end of a connection; addresses as `10.2.0.7:5432`. */
const networkEnd = z.object({
  goroutine: z.number().int(),
  group: z.string(),
  location,
  local: z.string(),
  remote: z.string(),
});

/** Waits that go on in another process. */
export const network = z.object({
  /** Goroutines that wait for the answer to a request over HTTP, and what else ends that wait. */
  calls: z.array(networkEnd.extend({ givesUp: z.enum(['never', 'deadline', 'cancelled', 'unknown']) })),
  /**
   * Goroutines that work on a request over HTTP and are blocked; `since` is when it came in, in seconds of the Unix
   * epoch. They cannot answer before `needs` has the answer to its own request; \`null\` where that is not so.
   */
  serves: z.array(
    networkEnd.extend({
      since: z.number().int(),
      steps: z.array(networkStep),
      needs: z.number().int().nullable(),
    }),
  ),
});

export type Network = z.infer<typeof network>;
export type NetworkStep = z.infer<typeof networkStep>;
