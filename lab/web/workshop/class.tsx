import { useEffect, useState } from 'preact/hooks';
import type { ClassView, PlannedLesson, Standing } from '../../workshop/view.js';
import { ThemeToggle } from '../report/theme.js';
import { readState } from './api.js';
import { marks, words } from './contents.js';

const everyMs = 3_000;
const beganKey = 'lab-class-began';

/** The instructor's view: when each lesson is due, and where everybody is. */
export function ClassPage({ first }: { readonly first: ClassView }) {
  const [view, setView] = useState(first);
  const [began, setBegan] = useState(Number(localStorage.getItem(beganKey) ?? 0));
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => {
      setNow(Date.now());
      readState().then(
        (next) => next.kind === 'class' && setView(next),
        () => {},
      );
    }, everyMs);
    return () => clearInterval(timer);
  }, []);
  const begin = () => {
    localStorage.setItem(beganKey, String(Date.now()));
    setBegan(Date.now());
    setNow(Date.now());
  };
  const minute = began === 0 ? undefined : (now - began) / 60_000;
  return (
    <>
      <header class="top">
        <strong>The class</strong>
        <span class="dim">{view.folder}</span>
        <ThemeToggle />
      </header>
      <main class="class">
        <h1>
          {view.participants.length} {view.participants.length === 1 ? 'participant' : 'participants'}
        </h1>
        <section>
          <h2>Time plan</h2>
          <p>
            <button type="button" onClick={begin}>
              {minute === undefined ? 'The class begins now' : 'Restart the clock'}
            </button>{' '}
            {minute !== undefined && <span role="status">minute {Math.floor(minute)}</span>}
          </p>
          <Plan plan={view.plan} minute={minute} participants={view.participants} />
        </section>
        <p class="legend dim">
          {(['met', 'solved', 'tried', 'open'] as const).map((state) => (
            <span key={state}>
              {marks[state]} {words[state]}
            </span>
          ))}
          <span>
            <sup>2</sup> hints asked for
          </span>
        </p>
        {view.plan.map((lesson) => (
          <LessonTable key={lesson.name} lesson={lesson} participants={view.participants} />
        ))}
      </main>
    </>
  );
}

function Plan({
  plan,
  minute,
  participants,
}: {
  readonly plan: readonly PlannedLesson[];
  readonly minute: number | undefined;
  readonly participants: readonly Standing[];
}) {
  return (
    <div class="wide" role="group" aria-label="Time plan" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">From</th>
            <th scope="col">To</th>
            <th scope="col">Lesson</th>
            <th scope="col">Done by</th>
          </tr>
        </thead>
        <tbody>
          {plan.map(({ name, title, goal, from, to, steps }) => {
            const current = minute !== undefined && minute >= from && minute < to;
            const done = participants.filter(({ lessons }) =>
              steps.every(({ id }) => isDone(lessons[name]?.[id]?.state ?? 'open')),
            ).length;
            return (
              <tr key={name} class={current ? 'current' : ''} aria-current={current ? 'time' : undefined}>
                <td class="number">{from}′</td>
                <td class="number">{to}′</td>
                <th scope="row">
                  {title}
                  <div class="dim">{goal}</div>
                </th>
                <td class="number">
                  {done} of {participants.length}
                </td>
              </tr>
            );
          })}
        </tbody>
      </table>
    </div>
  );
}

function LessonTable({
  lesson: { name, title, steps },
  participants,
}: {
  readonly lesson: PlannedLesson;
  readonly participants: readonly Standing[];
}) {
  const begun = participants.some(({ lessons }) =>
    steps.some(({ id }) => (lessons[name]?.[id]?.state ?? 'open') !== 'open'),
  );
  if (!begun) {
    return (
      <section>
        <h2>{title}</h2>
        <p class="dim">Nobody has begun.</p>
      </section>
    );
  }
  return (
    <section>
      <h2>{title}</h2>
      <div class="wide" role="group" aria-label={`Where everybody is in: ${title}`} tabIndex={0}>
        <table>
          <thead>
            <tr>
              <th scope="col">Who</th>
              {steps.map((step, i) => (
                <th key={step.id} scope="col" title={step.title}>
                  {i + 1}
                  <span class="unseen">. {step.title}</span>
                </th>
              ))}
            </tr>
          </thead>
          <tbody>
            {participants.map(({ name: who, host, lessons }) => (
              <tr key={`${who}@${host}`}>
                <th scope="row">
                  {who} <span class="dim">{host}</span>
                </th>
                {steps.map(({ id, title: what }) => {
                  const { state, hints } = lessons[name]?.[id] ?? { state: 'open' as const, hints: 0 };
                  const more = hints === 0 ? '' : `, ${hints} ${hints === 1 ? 'hint' : 'hints'}`;
                  return (
                    <td key={id} class={`cell ${state}`} title={`${what}: ${words[state]}${more}`}>
                      <span aria-hidden="true">
                        {marks[state]}
                        {hints > 0 && <sup>{hints}</sup>}
                      </span>
                      <span class="unseen">
                        {words[state]}
                        {more}
                      </span>
                    </td>
                  );
                })}
              </tr>
            ))}
          </tbody>
        </table>
      </div>
    </section>
  );
}

const isDone = (state: string): boolean => state === 'met' || state === 'solved';
