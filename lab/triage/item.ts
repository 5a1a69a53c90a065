import { z } from 'zod';
import type { BlockedPlace } from '../analysis/findings/fingerprint.js';

const placeSchema = z.object({ place: z.string(), count: z.number(), mustEnd: z.boolean() });

/** What a diagnosis comes to, for sorting it among others. */
export const toldSchema = z.object({
  verdict: z.enum(['deadlock', 'none', 'unknown']),
  summary: z.string(),
  /** Of the first finding; `null` where there is none. */
  rule: z.string().nullable(),
  class: z.string().nullable(),
  certainty: z.enum(['proved', 'strong', 'suspected', 'unknown']).nullable(),
  fingerprint: z.string().nullable(),
  /** What the fingerprint is made of. */
  of: z.array(z.string()),
  /** Where goroutines are blocked, most first; at most {@link mostPlaces}. */
  places: z.array(placeSchema),
  goroutines: z.number(),
  blocked: z.number(),
  /** Build ID of the executable, else the version of Go; empty where neither is known. */
  build: z.string(),
  /** When it was taken, ISO 8601; `null` where that is not known. */
  time: z.string().nullable(),
});

export type Told = z.infer<typeof toldSchema>;

export const kinds = ['core', 'dump', 'diagnosis'] as const;

/** One input of a triage, and what became of it. */
export const itemSchema = z.object({
  /** Its path in the folder, or as it was named. */
  path: z.string(),
  kind: z.enum(kinds),
  /** `skipped`: a file that shows no goroutines; `failed`: one that could not be read, or not in its time. */
  state: z.enum(['told', 'skipped', 'failed']),
  told: toldSchema.optional(),
  /** A dump that was looked at without its sources: what is suspected of it may yet become something else. */
  light: z.literal(true).optional(),
  /** Why it was skipped or failed. */
  why: z.string().optional(),
});

export type Item = z.infer<typeof itemSchema>;

export const mostPlaces = 40;

/** Places of a diagnosis that are worth keeping. */
export const keptPlaces = (places: readonly BlockedPlace[]): BlockedPlace[] => places.slice(0, mostPlaces);
