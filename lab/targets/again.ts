import { LabError } from '../errors.js';

const attemptsMax = 3;

/** How a target says that its connection broke while something was under way. */
export function wasLost(error: unknown): boolean {
  return error instanceof LabError && error.details['reason'] === 'lost';
}

/**
 * Does again what does no harm twice: when the connection was lost meanwhile, or whatever else `mayPass` names. Three
 * times at most, and not for a caller who has given up.
 */
export async function again<T>(
  work: () => Promise<T>,
  signal?: AbortSignal,
  mayPass: (error: unknown) => boolean = wasLost,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    try {
      return await work();
    } catch (error) {
      if (!mayPass(error) || signal?.aborted === true || attempt >= attemptsMax) throw error;
    }
  }
}
