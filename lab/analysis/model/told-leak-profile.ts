import { z } from 'zod';
import { location } from './location.js';

/** Goroutines of one stack, as the diagnosis and the runtime's own leak profile see them. */
const seenGroup = z.object({
  /** `null` where no goroutine stands there. */
  group: z.string().nullable(),
  seenBy: z.enum(['both', 'runtime', 'lab']),
  /** Goroutines of the group; of them stuck by the diagnosis; leaked by the profile. */
  count: z.number().int(),
  stuck: z.number().int(),
  leaked: z.number().int(),
  waitReason: z.string(),
  /** The innermost frame of the program itself, where there is one. */
  place: location,
  /** Why the one that does not see them does not, or what both go by. */
  why: z.string(),
});

/** The leak profile of the runtime beside a diagnosis, as that tells it. */
export const toldLeakProfile = z.object({
  /** Its file or address. */
  source: z.string(),
  form: z.enum(['traceback', 'counts', 'profile']),
  time: z.string().nullable(),
  /** Seconds from the profile to the core or dump; negative when it came later, `null` when that is not known. */
  secondsBefore: z.number().nullable(),
  /** That it calls leaked. */
  goroutines: z.number().int(),
  groups: z.array(seenGroup),
  limits: z.array(z.string()),
});
