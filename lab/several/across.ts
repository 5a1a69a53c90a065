import type { Diagnosis } from '../analysis/model/diagnosis.js';
import type { Network } from '../analysis/model/network.js';

/** A process that is looked at together with others. */
export interface Process {
  /** `I2` */
  readonly id: string;
  /** When its core was written, seconds of the Unix epoch, where that is known. */
  readonly taken: number | undefined;
  readonly diagnosis: Pick<Diagnosis, 'network' | 'groups'>;
}

type Call = Network['calls'][number];
type Served = Network['serves'][number];

/** A request: who waits for its answer, and who has it and cannot answer. */
export interface Hop {
  readonly caller: Process;
  readonly call: Call;
  readonly callee: Process;
  readonly served: Served;
}

/** Requests of which each can be answered only after the next one, the last one only after the first. */
export interface Cycle {
  readonly hops: readonly Hop[];
  /** Why it is not certain that it lasts; empty where it is. */
  readonly doubts: readonly string[];
  /** One of them ends at a deadline, and with it all of them: that is slow, and no deadlock. */
  readonly ends: boolean;
}

/**
 * The cycles of requests through processes. Each of its waits has one way to end (a lock is given back by its holder
 * alone, an answer comes from whoever has the request), so a cycle is a deadlock; but for what ends a request
 * otherwise.
 */
export function cyclesAcross(processes: readonly Process[]): readonly Cycle[] {
  const hops = hopsOf(processes);
  const next = new Map<Call, readonly Hop[]>();
  for (const hop of hops) next.set(hop.call, [...(next.get(hop.call) ?? []), hop]);
  const done = new Set<Call>();
  const cycles: Cycle[] = [];
  for (const { call } of hops) {
    const found = done.has(call) ? undefined : cycleFrom(call, next, done);
    if (found !== undefined)
      cycles.push({ hops: found, doubts: doubtsOf(found), ends: found.some(isLimited) });
  }
  return cycles;
}

/** Requests whose both ends are seen: the connection has the same two addresses, the other way round. */
function hopsOf(processes: readonly Process[]): readonly Hop[] {
  const serving = new Map<string, { readonly callee: Process; readonly served: Served }[]>();
  for (const callee of processes) {
    for (const served of callee.diagnosis.network?.serves ?? []) {
      if (served.needs === null) continue;
      const key = `${served.remote} ${served.local}`;
      serving.set(key, [...(serving.get(key) ?? []), { callee, served }]);
    }
  }
  return processes.flatMap((caller) =>
    (caller.diagnosis.network?.calls ?? []).flatMap((call) =>
      (serving.get(`${call.local} ${call.remote}`) ?? []).map((end) => ({ caller, call, ...end })),
    ),
  );
}

/** Follows what each answer needs, until a call comes again; calls that lead to none are not followed twice. */
function cycleFrom(
  first: Call,
  next: ReadonlyMap<Call, readonly Hop[]>,
  done: Set<Call>,
): readonly Hop[] | undefined {
  const path: Hop[] = [];
  const follow = (call: Call): readonly Hop[] | undefined => {
    const again = path.findIndex((hop) => hop.call === call);
    if (again >= 0) return path.slice(again);
    if (done.has(call)) return undefined;
    for (const hop of next.get(call) ?? []) {
      path.push(hop);
      const calls = hop.callee.diagnosis.network?.calls ?? [];
      for (const further of calls.filter(({ goroutine }) => goroutine === hop.served.needs)) {
        const found = follow(further);
        if (found !== undefined) {
          for (const { call: seen } of path) done.add(seen);
          return found;
        }
      }
      path.pop();
    }
    done.add(call);
    return undefined;
  };
  return follow(first);
}

const isLimited = ({ call }: Hop): boolean => call.givesUp === 'deadline';

/**
 * Cores are taken one after the other, so the same connection may have had another request in each. Where the callee has
 * had its request since before the caller's core was taken, it is the one that the caller waits for, and neither has moved
 * since: over HTTP/1 a connection has one request at a time. When that is so of each, all of them waited at the same moment.
 */
function doubtsOf(hops: readonly Hop[]): readonly string[] {
  return hops.flatMap(({ caller, call, callee, served }) => {
    const who = `goroutine ${call.goroutine} of ${caller.id}`;
    const doubts: string[] = [];
    if (call.givesUp === 'cancelled')
      doubts.push(
        `${who} gives up when the context of its request is cancelled, as by a client that hangs up`,
      );
    if (call.givesUp === 'unknown') doubts.push(`it is not known what else ends the wait of ${who}`);
    const seen = lookedAt(caller);
    if (seen === undefined || served.since >= seen)
      doubts.push(
        `it is not known whether the request that goroutine ${served.goroutine} of ${callee.id} has was there already when the core of ${caller.id} was taken`,
      );
    return doubts;
  });
}

/** A process stands still when its core begins to be written; the time of the file is that of the end. */
const writingSeconds = 10;

/** The latest second that is known to have come before the core was taken: its own requests tell one as well. */
function lookedAt({ taken, diagnosis }: Process): number | undefined {
  const seen = (diagnosis.network?.serves ?? []).map(({ since }) => since);
  const latest = Math.max(...seen, Math.floor(taken ?? Number.NEGATIVE_INFINITY) - writingSeconds);
  return Number.isFinite(latest) ? latest : undefined;
}
