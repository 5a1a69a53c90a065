import { z } from 'zod';
import { type Observation, whyNot } from './observation.js';

export const outcomes = ['holds', 'differs', 'fails', 'not-observed'] as const;
export type Outcome = (typeof outcomes)[number];

/** One observable claim of the article, and what this run saw of it. */
export const checklistRowSchema = z.object({
  id: z.string(),
  /** What the article says, in one sentence. */
  claim: z.string(),
  seen: z.string(),
  /**
   * `differs`: seen, and known why it is not as in the article; `not-observed`: nobody looked, or a tool was
   * missing. Neither fails a run.
   */
  outcome: z.enum(outcomes),
  why: z.string().optional(),
  /** File in the run's folder, and what to look for in it. */
  evidence: z.object({ file: z.string(), at: z.string().optional() }),
});

export type ChecklistRow = z.infer<typeof checklistRowSchema>;

/** What was found out about a claim. */
export type Judgement = Pick<ChecklistRow, 'outcome' | 'seen'> & { readonly why?: string };

export function holds(seen: string): Judgement {
  return { outcome: 'holds', seen };
}

export function differs(seen: string, why: string): Judgement {
  return { outcome: 'differs', seen, why };
}

export function fails(seen: string): Judgement {
  return { outcome: 'fails', seen };
}

export function unseen(why: string, seen = 'not observed'): Judgement {
  return { outcome: 'not-observed', seen, why };
}

/** Judges what was seen; what was not becomes `not-observed` with the reason. */
export function judge<T>(observation: Observation<T> | undefined, look: (value: T) => Judgement): Judgement {
  return observation?.kind === 'seen' ? look(observation.value) : unseen(whyNot(observation));
}

export function row(
  id: string,
  claim: string,
  [file, at]: readonly [file: string, at?: string],
  judgement: Judgement,
): ChecklistRow {
  return { id, claim, ...judgement, evidence: { file, ...(at === undefined ? {} : { at }) } };
}

/** Where a command's output is in the transcript. */
export function command(id: string): readonly [string, string] {
  return ['transcript.md', `#${id}`];
}

export const count = (n: number, one: string, many = `${one}s`): string =>
  `${n.toLocaleString('en-US')} ${n === 1 ? one : many}`;

export const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(2)} GB`;
