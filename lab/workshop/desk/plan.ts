import type { Lesson } from '../read-lessons.js';
import type { Block, ClassPlan, LessonColumns } from './class-view.js';

/** Minutes of a class, of its break, and of the talk at its end at least. */
const usual = { minutes: 120, break: 10, talk: 5 };

export function columnsOf(lessons: readonly Lesson[]): readonly LessonColumns[] {
  return lessons.map(({ name, title, goal, steps }) => ({
    ...{ name, title, goal, minutes: steps.reduce((sum, step) => sum + step.minutes, 0) },
    steps: steps.map((step) => ({ id: step.id, title: step.title, minutes: step.minutes })),
  }));
}

/**
 * A plan that adds up: lessons in their order as long as they fit, a break between two of them next to the middle, and
 * the rest to talk. A first lesson that alone takes longer than the class makes the class longer.
 */
export function planOf(
  lessons: readonly Pick<LessonColumns, 'name' | 'title' | 'minutes'>[],
  minutes = usual.minutes,
): ClassPlan {
  const [first] = lessons;
  const total = Math.max(minutes, (first?.minutes ?? 0) + usual.break + usual.talk);
  let left = total - usual.break - usual.talk;
  const chosen = lessons.filter((lesson) => {
    if (lesson.minutes > left) return false;
    left -= lesson.minutes;
    return true;
  });
  const breakAfter = breakIndex(chosen, total);
  const blocks: Block[] = [];
  let from = 0;
  const add = (block: Pick<Block, 'kind' | 'lesson' | 'title'>, length: number): void => {
    blocks.push({ ...block, from, to: from + length });
    from += length;
  };
  for (const [i, { name, title, minutes: length }] of chosen.entries()) {
    add({ kind: 'lesson', lesson: name, title }, length);
    if (i === breakAfter) add({ kind: 'break', title: 'Break' }, usual.break);
  }
  if (chosen.length === 0) add({ kind: 'break', title: 'Break' }, usual.break);
  add({ kind: 'talk', title: 'Root causes on the board, one sentence each' }, total - from);
  const atHome = lessons.filter((lesson) => !chosen.includes(lesson)).map(({ title }) => title);
  return { minutes: total, blocks, atHome };
}

/** After which lesson the break comes: where it begins closest to the middle. */
function breakIndex(chosen: readonly { readonly minutes: number }[], total: number): number {
  let end = 0;
  let best = { index: -1, off: Number.POSITIVE_INFINITY };
  for (const [index, { minutes }] of chosen.entries()) {
    end += minutes;
    const off = Math.abs(end - total / 2);
    if (off < best.off) best = { index, off };
  }
  return best.index;
}
