import type { ClassView } from '../../../workshop/desk/class-view.js';
import { hourText, isDone } from './words.js';

interface PlanProps {
  readonly view: ClassView;
  readonly minute: number | undefined;
}

/** What is due when, from the first minute to the last. */
export function Plan({ view: { plan, seats, lessons, beganAt }, minute }: PlanProps) {
  const clock = (at: number): string =>
    beganAt === undefined
      ? hourText(at)
      : new Date(Date.parse(beganAt) + at * 60_000).toLocaleTimeString([], {
          hour: '2-digit',
          minute: '2-digit',
        });
  return (
    <section>
      <h2>Plan of {plan.minutes} minutes</h2>
      <div class="wide" role="group" aria-label="Time plan" tabIndex={0}>
        <table class="plan">
          <thead>
            <tr>
              <th scope="col">From</th>
              <th scope="col">To</th>
              <th scope="col">Minutes</th>
              <th scope="col">What</th>
              <th scope="col">Done by</th>
            </tr>
          </thead>
          <tbody>
            {plan.blocks.map(({ kind, lesson, title, from, to }) => {
              const current = minute !== undefined && minute >= from && minute < to;
              const steps = lessons.find(({ name }) => name === lesson)?.steps;
              const done = seats.filter(({ lessons: all }) =>
                steps?.every(({ id }) => isDone(all[lesson ?? '']?.[id] ?? { state: 'open', hints: 0 })),
              ).length;
              return (
                <tr key={from} class={current ? 'current' : ''} aria-current={current ? 'time' : undefined}>
                  <td class="number">{clock(from)}</td>
                  <td class="number">{clock(to)}</td>
                  <td class="number">{to - from}</td>
                  <th scope="row" class={kind === 'lesson' ? 'what' : 'what aside'}>
                    {title}
                  </th>
                  <td class="number">{steps === undefined ? '' : `${done} of ${seats.length}`}</td>
                </tr>
              );
            })}
          </tbody>
        </table>
      </div>
      {plan.atHome.length > 0 && <p class="dim">For home: {plan.atHome.join(' · ')}</p>}
    </section>
  );
}
