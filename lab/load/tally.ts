import { sampleEveryMs } from './driver.js';
import type { LoadSample, LoadStep } from './sample.js';

/** Running totals of one part of a generator (a process), as it tells them. */
export interface PartCounts {
  readonly responses: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly lastResponseAt?: number | undefined;
  readonly busy?: number | undefined;
}

const rateWindowMs = 1_000;

/**
 * Adds up the parts of a generator and tells when a sample is due. The rate is that of the last second,
 * or of the time since the load began when that is shorter.
 */
export function createTally(): {
  update(part: number, counts: PartCounts): void;
  sample(at: number, step: LoadStep): LoadSample | undefined;
} {
  const parts = new Map<number, PartCounts>();
  let history: { readonly at: number; readonly responses: number }[] = [];

  const sum = (field: 'responses' | 'errors' | 'timeouts'): number =>
    [...parts.values()].reduce((total, part) => total + part[field], 0);
  const newest = (field: 'lastResponseAt' | 'busy'): number | undefined => {
    const known = [...parts.values()].map((part) => part[field]).filter((value) => value !== undefined);
    return known.length === 0 ? undefined : Math.max(...known);
  };

  return {
    update(part, counts) {
      parts.set(part, counts);
    },
    sample(at, step) {
      const before = history.at(-1);
      if (before !== undefined && at - before.at < sampleEveryMs * 0.9) return undefined;
      const responses = sum('responses');
      history = [...history.filter((entry) => entry.at >= at - rateWindowMs), { at, responses }];
      const first = history[0] ?? { at, responses };
      const seconds = (at - first.at) / 1_000;
      const lastResponseAt = newest('lastResponseAt');
      const generatorBusy = newest('busy');
      return {
        at,
        responses,
        requestsPerSecond: seconds > 0 ? Math.round((responses - first.responses) / seconds) : 0,
        errors: sum('errors'),
        timeouts: sum('timeouts'),
        step,
        ...(lastResponseAt === undefined ? {} : { lastResponseAt }),
        ...(generatorBusy === undefined ? {} : { generatorBusy }),
      };
    },
  };
}
