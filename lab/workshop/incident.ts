import type { Lesson } from './read-lessons.js';
import type { Session } from './session.js';
import type { IncidentView } from './view.js';

const minuteMs = 60_000;

/** How a timed exercise stands; `undefined` of a lesson that is none. */
export function incidentOf(
  { name, incident, steps }: Lesson,
  session: Pick<Session, 'stateOf'>,
  now: Date,
): IncidentView | undefined {
  if (incident === undefined) return undefined;
  const states = steps.map(({ id }) => session.stateOf(name, id));
  const begun = states.flatMap(({ begunAt }) => begunAt ?? []).sort()[0];
  const ended = states.every(({ met }) => met)
    ? states
        .flatMap(({ metAt }) => metAt ?? [])
        .sort()
        .at(-1)
    : undefined;
  const until = ended === undefined ? now : new Date(ended);
  const minutes = begun === undefined ? 0 : (until.getTime() - new Date(begun).getTime()) / minuteMs;
  const late = Math.max(0, Math.ceil(minutes - incident.minutes));
  const count = (of: (state: (typeof states)[number]) => number): number =>
    states.reduce((sum, state) => sum + of(state), 0);
  const [hints, wrong, solved] = [
    count(({ hints }) => hints),
    count(({ tries }) => tries),
    count(({ solved }) => Number(solved)),
  ];
  const share = Math.round(incident.points / steps.length);
  const lost = [
    { what: counted(hints, 'hint'), points: hints * incident.hint },
    { what: counted(wrong, 'wrong answer'), points: wrong * incident.wrong },
    { what: `${counted(late, 'minute')} too much`, points: late * incident.late },
    { what: `${counted(solved, 'step')} done by the lab`, points: solved * share },
  ].filter(({ points }) => points > 0);
  return {
    minutes: incident.minutes,
    most: incident.points,
    points: Math.max(0, incident.points - lost.reduce((sum, { points }) => sum + points, 0)),
    begunAt: begun,
    endedAt: ended,
    costs: { hint: incident.hint, wrong: incident.wrong, late: incident.late },
    lost,
  };
}

const counted = (count: number, what: string): string => `${count} ${what}${count === 1 ? '' : 's'}`;
