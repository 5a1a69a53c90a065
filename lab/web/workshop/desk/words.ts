import type {
  Block,
  ClassView,
  LessonColumns,
  Pace,
  StepStanding,
} from '../../../workshop/desk/class-view.js';

/** Minutes since the class began; `undefined` while its clock does not run. */
export function minuteOf({ beganAt, at }: ClassView): number | undefined {
  return beganAt === undefined ? undefined : (Date.parse(at) - Date.parse(beganAt)) / 60_000;
}

/** The part of the class that it is in; `undefined` before and after. */
export function blockAt({ plan }: ClassView, minute: number | undefined): Block | undefined {
  return minute === undefined ? undefined : plan.blocks.find(({ from, to }) => minute >= from && minute < to);
}

export const isDone = ({ state }: StepStanding): boolean => state === 'met' || state === 'solved';

/** How it goes for somebody, in words. */
export function paceText(pace: Pace, lessons: readonly LessonColumns[]): string {
  const lanes = { load: 'a load', core: 'a core', work: 'the processors' };
  switch (pace.kind) {
    case 'away':
      return 'not begun';
    case 'waits':
      return `waits for ${lanes[pace.lane]}, ${pace.ahead} before`;
    case 'done':
      return 'lesson done';
    default: {
      const steps = lessons.find(({ name }) => name === pace.lesson)?.steps ?? [];
      const number = steps.findIndex(({ id }) => id === pace.step) + 1;
      const minutes = `${pace.minutes} ${pace.minutes === 1 ? 'minute' : 'minutes'}`;
      return pace.kind === 'stuck' ? `stuck for ${minutes}, step ${number}` : `${minutes} at step ${number}`;
    }
  }
}

/** `1:05` for 65 minutes. */
export function hourText(minutes: number): string {
  return `${Math.floor(minutes / 60)}:${String(Math.floor(minutes % 60)).padStart(2, '0')}`;
}
