import { type ChecklistRow, fails, holds, type Judgement, row, unseen } from '../checklist/row.js';
import type { Fate } from './fates.js';
import type { Held } from './held.js';
import { listed } from './same-cause.js';
import type { FleetSample } from './sample.js';

export interface FleetClaims {
  readonly fixed: boolean;
  readonly loadStartedAt: number;
  readonly fates: readonly Fate[];
  readonly samples: readonly FleetSample[];
  readonly held?: Held | undefined;
}

const evidence = ['fleet.jsonl'] as const;

/** The article's first paragraph, claim by claim: what a single server cannot show. */
export function fleetChecklist(claims: FleetClaims): readonly ChecklistRow[] {
  const { fixed } = claims;
  const judged = (judge: (claims: FleetClaims) => Judgement): Judgement =>
    fixed ? unseen('the repaired instances ran') : judge(claims);
  return [
    row(
      'several-instances',
      'Several instances of one service stopped accepting incoming traffic.',
      evidence,
      judged(severalInstances),
    ),
    row(
      'reached-and-hung',
      'Requests went through the load balancer, reached the instance, and hung.',
      evidence,
      judged(reachedAndHung),
    ),
    row(
      'connections-taken',
      'A hung instance still takes connections, so that a check that only connects finds it well.',
      evidence,
      judged(connectionsTaken),
    ),
  ];
}

function severalInstances({ fates, loadStartedAt, held }: FleetClaims): Judgement {
  const hung = fates
    .flatMap(({ name, hungAt }) => (hungAt === null ? [] : [{ name, hungAt }]))
    .toSorted((a, b) => a.hungAt - b.hungAt);
  const times = hung.map(({ hungAt }) => `${((hungAt - loadStartedAt) / 1_000).toFixed(1)} s`);
  if (hung.length === 0) return fails('none hung');
  const seen = `${listed(hung.map(({ name }) => name))} of ${fates.length} hung, found so ${listed(times)} after the load began`;
  if (hung.length >= Math.min(2, fates.length)) return holds(seen);
  return held === undefined ? fails(seen) : unseen('it held every client from then on', seen);
}

/** The balancer holds connections to it, from which no byte comes. */
function reachedAndHung({ fates, samples }: FleetClaims): Judgement {
  const hung = fates.filter(({ hungAt }) => hungAt !== null);
  if (hung.length === 0) return unseen('no instance hung');
  const most = samples
    .flatMap(({ instances }) => instances)
    .filter(({ balancer, direct }) => balancer !== null && direct?.kind === 'timed-out')
    .filter(
      ({ name, responsesPerSecond }) => responsesPerSecond === 0 && hung.some((one) => one.name === name),
    )
    .map(({ name, balancer }) => ({ name, sessions: balancer?.sessions ?? 0 }))
    .toSorted((a, b) => b.sessions - a.sessions)[0];
  return most === undefined || most.sessions === 0
    ? fails('the balancer held no connection to an instance that gave no byte')
    : holds(
        `the balancer held ${most.sessions.toLocaleString('en-US')} connections or requests to ${most.name}, and no byte came from it`,
      );
}

/** A busy machine lets a connect time out now and then, and a balancer without checks keeps that for its last word. */
function connectionsTaken({ fates, samples }: FleetClaims): Judgement {
  const hung = fates.flatMap(({ name, hungAt }) => (hungAt === null ? [] : [{ name, hungAt }]));
  if (hung.length === 0) return unseen('no instance hung');
  const checks = hung.flatMap(({ name, hungAt }) => {
    const looks = samples
      .filter(({ phase, at }) => phase !== 'recover' && at >= hungAt)
      .map(({ instances }) => instances.find((one) => one.name === name)?.balancer)
      .filter((balancer) => balancer?.tcp);
    const last = looks.at(-1);
    if (!last?.tcp) return [];
    const well = looks.filter((balancer) => balancer?.tcp?.up).length;
    return [{ name, tcp: last.tcp, http: last.http, well, looks: looks.length }];
  });
  if (checks.length === 0) return unseen('the balancer told nothing at the end');
  const words = checks.map(({ name, tcp, http, well, looks }) => {
    const mostly = well === looks ? '' : ` (well in ${well} of ${looks} looks)`;
    return `${name}: a bare connect: ${tcp.said}${mostly}${http === null ? '' : `, over HTTP: ${http.said}`}`;
  });
  // The balancer asks by HTTP several times before it believes a failure: of the last one that hung it may not do so yet.
  return checks.every(({ well, looks }) => well * 2 > looks)
    ? holds(words.join('; '))
    : fails(words.join('; '));
}
