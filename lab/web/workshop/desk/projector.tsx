import type { ClassView } from '../../../workshop/desk/class-view.js';
import { blockAt, isDone, minuteOf } from './words.js';

/** What a class may see of itself: what is on, how long still, and how many have done each step. No names. */
export function Projector({ view }: { readonly view: ClassView }) {
  const { plan, lessons, seats } = view;
  const minute = minuteOf(view);
  const block = blockAt(view, minute);
  const shown = block ?? plan.blocks[0];
  const lesson = lessons.find(({ name }) => name === shown?.lesson);
  const next = block === undefined ? undefined : plan.blocks[plan.blocks.indexOf(block) + 1];
  return (
    <main class="projector">
      <h1>{headOf(minute, block?.title, shown?.title)}</h1>
      {block !== undefined && minute !== undefined && (
        <p class="left">
          <strong role="timer">{Math.ceil(block.to - minute)}</strong> minutes left
          {next !== undefined && <span class="dim"> · then: {next.title}</span>}
        </p>
      )}
      {lesson !== undefined && (
        <ol>
          {lesson.steps.map(({ id, title }) => {
            const done = seats.filter(({ lessons: all }) =>
              isDone(all[lesson.name]?.[id] ?? { state: 'open', hints: 0 }),
            ).length;
            return (
              <li key={id}>
                <span>{title}</span>
                <meter min={0} max={Math.max(seats.length, 1)} value={done} aria-label={`${title}: done by`}>
                  {done}
                </meter>
                <span class="number">
                  {done} of {seats.length}
                </span>
              </li>
            );
          })}
        </ol>
      )}
    </main>
  );
}

function headOf(minute: number | undefined, now: string | undefined, first: string | undefined): string {
  if (now !== undefined) return now;
  return minute === undefined ? `We begin with: ${first ?? ''}` : 'That was it';
}
