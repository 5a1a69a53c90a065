import type { ClassView, LessonColumns, Seat } from '../../../workshop/desk/class-view.js';
import { marks, words } from '../contents.js';
import { paceText } from './words.js';

/** Learner by step, in one table; a lesson that nobody has begun takes a column of its own. */
export function Grid({ view }: { readonly view: ClassView }) {
  const { lessons, seats, stuckAfter } = view;
  const begun = (lesson: LessonColumns): boolean =>
    seats.some(({ lessons: all }) =>
      lesson.steps.some(({ id }) => {
        const one = all[lesson.name]?.[id];
        return one !== undefined && (one.state !== 'open' || one.beganAt !== undefined);
      }),
    );
  const [first] = lessons;
  const open = lessons.filter((lesson) => lesson === first || begun(lesson));
  const closed = lessons.filter((lesson) => !open.includes(lesson));
  return (
    <section>
      <h2>Where everybody is</h2>
      <div class="wide" role="group" aria-label="Where everybody is" tabIndex={0}>
        <table class="grid">
          <thead>
            <tr>
              <th scope="col" rowSpan={2}>
                Who
              </th>
              <th scope="col" rowSpan={2}>
                How it goes
              </th>
              {open.map(({ name, title, steps }) => (
                <th key={name} scope="colgroup" colSpan={steps.length} class="first">
                  <span class="title" style={`max-width: ${Math.max(steps.length * 2, 5)}rem`} title={title}>
                    {title}
                  </span>
                </th>
              ))}
            </tr>
            <tr>
              {open.flatMap(({ steps }) =>
                steps.map(({ id, title }, i) => (
                  <th key={id} scope="col" title={title} class={i === 0 ? 'first number' : 'number'}>
                    {i + 1}
                    <span class="unseen">. {title}</span>
                  </th>
                )),
              )}
            </tr>
          </thead>
          <tbody>
            {seats.map((seat) => (
              <Row key={`${seat.name}@${seat.host}`} {...{ seat, open, lessons }} />
            ))}
          </tbody>
        </table>
      </div>
      {closed.length > 0 && (
        <p class="dim">Nobody has begun: {closed.map(({ title }) => title).join(' · ')}</p>
      )}
      <p class="legend dim">
        {(['met', 'solved', 'tried', 'open'] as const).map((state) => (
          <span key={state}>
            {marks[state]} {words[state]}
          </span>
        ))}
        <span>
          <sup>2</sup> hints asked for
        </span>
        <span class="swatch stuck">stuck: nothing reached for {stuckAfter} minutes</span>
      </p>
    </section>
  );
}

interface RowProps {
  readonly seat: Seat;
  readonly open: readonly LessonColumns[];
  readonly lessons: readonly LessonColumns[];
}

function Row({ seat: { name: who, host, pace, lessons: all }, open, lessons }: RowProps) {
  const at = pace.kind === 'going' || pace.kind === 'stuck' ? `${pace.lesson}/${pace.step}` : undefined;
  return (
    <tr class={pace.kind}>
      <th scope="row" title={host}>
        {who}
      </th>
      <td class="pace">{paceText(pace, lessons)}</td>
      {open.flatMap(({ name, steps }) =>
        steps.map(({ id, title }, i) => {
          const { state, hints } = all[name]?.[id] ?? { state: 'open' as const, hints: 0 };
          const here = at === `${name}/${id}`;
          const more = hints === 0 ? '' : `, ${hints} ${hints === 1 ? 'hint' : 'hints'}`;
          const now = here ? `, ${pace.kind === 'stuck' ? 'stuck here' : 'at it'}` : '';
          const kinds = ['cell', state, i === 0 && 'first', here && 'here', here && pace.kind];
          return (
            <td
              key={id}
              class={kinds.filter((kind) => typeof kind === 'string').join(' ')}
              title={`${who}, ${title}: ${words[state]}${more}${now}`}
            >
              <span aria-hidden="true">
                {marks[state]}
                {hints > 0 && <sup>{hints}</sup>}
              </span>
              <span class="unseen">
                {words[state]}
                {more}
                {now}
              </span>
            </td>
          );
        }),
      )}
    </tr>
  );
}
