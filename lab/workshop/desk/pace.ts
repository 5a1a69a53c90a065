import type { ClassPlan, LessonColumns, Pace, Standing, StepStanding } from './class-view.js';

/** Minutes without progress after which somebody is stuck. */
export const stuckAfter = 8;

export interface ClassTime {
  readonly now: Date;
  /** When the class began. */
  readonly beganAt?: Date | undefined;
  readonly plan: ClassPlan;
}

/** How it goes for a participant, by what was asked for and reached, and when; breaks of a class that runs do not count. */
export function paceOf(standing: Standing, lessons: readonly LessonColumns[], time: ClassTime): Pace {
  const steps = lessons.flatMap(({ name, steps }) =>
    steps.map(({ id }, i) => {
      const one = standing.lessons[name]?.[id] ?? { state: 'open' as const, hints: 0 };
      return { lesson: name, step: id, next: steps[i + 1]?.id, ...one };
    }),
  );
  const begun = steps.filter((one) => one.state !== 'open' || one.beganAt !== undefined);
  const last = begun.reduce<(typeof begun)[number] | undefined>(
    (best, one) => (best === undefined || touchedAt(one) >= touchedAt(best) ? one : best),
    undefined,
  );
  if (last === undefined) return { kind: 'away' };
  const { lesson } = last;
  const open = isDone(last.state) ? last.next : last.step;
  if (open === undefined) return { kind: 'done', lesson };
  const since = Math.max(
    0,
    ...begun.map(({ metAt }) => timeOf(metAt)),
    isDone(last.state) ? 0 : timeOf(last.beganAt),
  );
  // Told by a lab that tells no times.
  const from = since === 0 ? timeOf(standing.at) : since;
  const minutes = Math.max(0, Math.floor(workedMs(from, time) / 60_000));
  return { kind: minutes >= stuckAfter ? 'stuck' : 'going', lesson, step: open, minutes };
}

export const isDone = (state: StepStanding['state']): boolean => state === 'met' || state === 'solved';

const timeOf = (iso: string | undefined): number => (iso === undefined ? 0 : Date.parse(iso) || 0);

const touchedAt = ({ beganAt, metAt }: StepStanding): number => Math.max(timeOf(beganAt), timeOf(metAt));

/** Milliseconds from then to now without the breaks. */
function workedMs(from: number, { now, beganAt, plan }: ClassTime): number {
  const to = now.getTime();
  let worked = to - from;
  for (const block of beganAt === undefined ? [] : plan.blocks) {
    if (block.kind !== 'break' || beganAt === undefined) continue;
    const [start, end] = [block.from, block.to].map((minute) => beganAt.getTime() + minute * 60_000);
    worked -= Math.max(0, Math.min(to, end ?? 0) - Math.max(from, start ?? 0));
  }
  return worked;
}
