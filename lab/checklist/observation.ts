import { z } from 'zod';
import { LabError } from '../errors.js';

/** Something that was looked at, or the reason why it could not be. */
export type Observation<T> =
  | { readonly kind: 'seen'; readonly value: T }
  | { readonly kind: 'not-observed'; readonly why: string };

/** The schema of an observation whose value has the given one. */
export function observationOf<S extends z.ZodType>(value: S) {
  return z.discriminatedUnion('kind', [
    z.object({ kind: z.literal('seen'), value }),
    z.object({ kind: z.literal('not-observed'), why: z.string() }),
  ]);
}

export function seen<T>(value: T): Observation<T> {
  return { kind: 'seen', value };
}

export function notObserved(why: string): { readonly kind: 'not-observed'; readonly why: string } {
  return { kind: 'not-observed', why };
}

/** The value, or `undefined` when there is none. */
export function valueIn<T>(observation: Observation<T> | undefined): T | undefined {
  return observation?.kind === 'seen' ? observation.value : undefined;
}

/** Why there is no value. */
export function whyNot(observation: Observation<unknown> | undefined): string {
  return observation?.kind === 'not-observed' ? observation.why : 'not looked at in this run';
}

/**
 * Does the work; a missing program becomes an observation that says so, since a checklist row without its
 * tool is no reason to end a run.
 */
export async function unlessMissing<T>(
  program: string,
  work: () => Promise<Observation<T>>,
): Promise<Observation<T>> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof LabError && error.code === 'missing-tool')
      return notObserved(`${program} is not installed`);
    throw error;
  }
}
