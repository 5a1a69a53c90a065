import type { Mark, ProcessSample } from '../live.js';

/*
 * Nobody tells the lab when a participant begins to load: it shows in the connections and the processor time. Both
 * the load's end and a silence need two looks in a row, since one may fall into a gap.
 */

export interface Moments {
  readonly loaded: boolean;
  /** When the first of the newest samples without load was taken. */
  readonly calmSince?: number | undefined;
  /** When the newest sample was taken. */
  readonly sampledAt?: number | undefined;
  readonly silent: boolean;
  /** When the first of the newest probes that got nothing had begun, and how many there were. */
  readonly unanswered?: { readonly since: number; readonly count: number } | undefined;
}

export const noMoments: Moments = { loaded: false, silent: false };

/** A probe as far as it tells of a silence. */
export interface ProbeSeen {
  readonly at: number;
  readonly kind: 'answered' | 'timed-out' | 'refused' | 'cut';
}

/** A browser opens six connections to one server. */
const crowdedFrom = 10;
/** Percent of one processor: it is loaded from the first on, and is so no more below the second. */
const busy = { from: 50, until: 20 };
const silentProbes = 2;

/** What a sample of the process changes. */
export function afterSample(moments: Moments, sample: ProcessSample): readonly [Moments, Mark?] {
  const { at, cpu, open = 0 } = sample;
  const before = { ...moments, sampledAt: at };
  if (!before.loaded) {
    if (open < crowdedFrom && cpu < busy.from) return [before];
    const how = open >= crowdedFrom ? `${open} connections` : `${Math.round(cpu)} % of a processor`;
    // It came after the sample before, and what it did to the server came after it.
    const mark = markOf('load-begins', moments.sampledAt ?? at, `the load begins: ${how}`);
    return [{ ...before, loaded: true, calmSince: undefined }, mark];
  }
  if (open >= crowdedFrom || cpu >= busy.until) return [{ ...before, calmSince: undefined }];
  // One look may fall into a gap.
  if (before.calmSince === undefined) return [{ ...before, calmSince: at }];
  const mark = markOf('load-ends', before.calmSince, 'the load is gone');
  return [{ ...before, loaded: false, calmSince: undefined }, mark];
}

/** What a probe changes. */
export function afterProbe(before: Moments, { at, kind }: ProbeSeen): readonly [Moments, Mark?] {
  if (kind === 'answered') {
    const next = { ...before, silent: false, unanswered: undefined };
    return before.silent ? [next, markOf('answers', at, 'the server answers again')] : [next];
  }
  const unanswered = {
    since: before.unanswered?.since ?? at,
    count: (before.unanswered?.count ?? 0) + 1,
  };
  if (before.silent || unanswered.count < silentProbes) return [{ ...before, unanswered }];
  return [
    { ...before, unanswered, silent: true },
    markOf('silent', unanswered.since, 'the server stops answering'),
  ];
}

function markOf(kind: Mark['kind'], at: number, text: string): Mark {
  return { type: 'mark', at, kind, text };
}
