import type { FleetSample } from './sample.js';
import type { InstanceState } from './state.js';

/** What became of an instance until the load was over and it was looked at without any; times in Unix milliseconds. */
export interface Fate {
  readonly name: string;
  readonly state: InstanceState;
  readonly why: string;
  /** When it was first found hung, of the hang that it ended in. */
  readonly hungAt: number | null;
  /** Times at which it was found hung and answered later: overload, not a hang. */
  readonly answeredAgain: number;
  /** How long after that the balancer's checks said so; `null` while they say that it is well, or nothing. */
  readonly seenByHttpMs: number | null;
  readonly seenByTcpMs: number | null;
}

/** The fate of each instance, from the looks at the fleet before any of it was restarted. Pure. */
export function fatesOf(samples: readonly FleetSample[]): readonly Fate[] {
  const before = samples.filter(({ phase }) => phase !== 'recover');
  const last = before.at(-1);
  return (last?.instances ?? []).map(({ name, state, why }): Fate => {
    const rows = before.flatMap(({ at, instances }) => {
      const row = instances.find((one) => one.name === name);
      return row === undefined ? [] : [{ at, ...row }];
    });
    const lastOther = rows.findLastIndex((row) => row.state !== 'hung');
    const hung = state === 'hung' ? rows[lastOther + 1] : undefined;
    const answeredAgain = rows.filter(
      (row, i) => rows[i - 1]?.state === 'hung' && (row.state === 'serving' || row.state === 'overloaded'),
    ).length;
    return {
      ...{ name, state, why, answeredAgain },
      hungAt: hung?.at ?? null,
      seenByHttpMs: hung === undefined ? null : sinceDown(rows, hung.at, 'http'),
      seenByTcpMs: hung === undefined ? null : sinceDown(rows, hung.at, 'tcp'),
    };
  });
}

type Row = FleetSample['instances'][number] & { readonly at: number };

/** Negative when a check said so before the lab did. */
function sinceDown(rows: readonly Row[], hungAt: number, kind: 'tcp' | 'http'): number | null {
  const lastUp = rows.findLastIndex(({ balancer }) => balancer?.[kind]?.up);
  const down = rows.slice(lastUp + 1).find(({ balancer }) => balancer?.[kind]);
  return down === undefined ? null : Math.round(down.at - hungAt);
}

/** Names of the instances that ended hung, in the order in which they were found so. */
export function orderOfHangs(fates: readonly Fate[]): readonly string[] {
  return fates
    .flatMap(({ name, hungAt }) => (hungAt === null ? [] : [{ name, hungAt }]))
    .toSorted((a, b) => a.hungAt - b.hungAt)
    .map(({ name }) => name);
}
