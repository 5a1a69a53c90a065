import { useEffect } from 'preact/hooks';
import type { EndView, LessonView } from '../../workshop/view.js';
import { certificateAddress } from './places.js';

/** How a lesson ended: what was found, as a picture, and what did not come by itself. */
export function End({ lesson }: { readonly lesson: LessonView & { readonly end: EndView } }) {
  const { end, title } = lesson;
  return (
    <section class="panel end" aria-label="The end of this lesson">
      <h2>You have done it: {title}</h2>
      <p>
        {end.own === end.all ? 'Every step was your own.' : `${end.own} of ${end.all} steps were your own.`}{' '}
        <a href={certificateAddress}>Your certificate</a>
      </p>
      <Graph end={end} title={title} />
      <Missed end={end} />
    </section>
  );
}

function Graph({ end: { graph }, title }: { readonly end: EndView; readonly title: string }) {
  if (graph === undefined) return null;
  return (
    <figure class="own-graph">
      <div class="wide" tabIndex={0} role="group" aria-label={`Picture: ${title}`}>
        <img
          src={`data:image/svg+xml,${encodeURIComponent(graph)}`}
          alt={`Who waits for whom in the process that you have looked at: ${title}`}
        />
      </div>
      <figcaption>Who waits for whom, in the process that you have looked at.</figcaption>
    </figure>
  );
}

function Missed({ end: { missed } }: { readonly end: EndView }) {
  if (missed.length === 0) return <p>No hint, no wrong answer: nothing was missed.</p>;
  return (
    <>
      <h3>What did not come by itself</h3>
      <ul>
        {[...new Set(missed.map(({ what }) => what))].map((what) => (
          <li key={what}>
            <strong>{what}</strong>: {stepsWith(what, missed).join(', ')}
          </li>
        ))}
      </ul>
    </>
  );
}

const stepsWith = (what: string, missed: EndView['missed']): readonly string[] =>
  missed.filter((one) => one.what === what).map(({ step }) => step);

/** A page to be printed: who has done which lessons. */
export function Certificate({
  name,
  lessons,
}: {
  readonly name: string;
  readonly lessons: readonly LessonView[];
}) {
  useEffect(() => {
    document.title = `Certificate · ${name}`;
  }, []);
  const done = lessons.flatMap(({ end, ...lesson }) => (end === undefined ? [] : [{ ...lesson, end }]));
  const scored = done.some(({ incident }) => incident !== undefined);
  return (
    <article class="certificate">
      <h1>{done.length === 0 ? 'No lesson is done yet' : 'Certificate'}</h1>
      {done.length > 0 && (
        <>
          <p class="who">
            <strong>{name}</strong> has found out why Go services stopped, by their cores and dumps:
          </p>
          <table>
            <thead>
              <tr>
                <th scope="col">Lesson</th>
                <th scope="col">Own steps</th>
                {scored && <th scope="col">Points</th>}
                <th scope="col">Done on</th>
              </tr>
            </thead>
            <tbody>
              {done.map(({ name: id, title, goal, end, incident }) => (
                <tr key={id}>
                  <th scope="row">
                    {title}
                    <span class="dim">{goal}</span>
                  </th>
                  <td data-what="own steps">
                    {end.own} of {end.all}
                  </td>
                  {scored && (
                    <td data-what="points">
                      {incident === undefined ? '' : `${incident.points} of ${incident.most}`}
                    </td>
                  )}
                  <td class="date" data-what="done on">
                    {new Date(end.at).toLocaleDateString('en-CA')}
                  </td>
                </tr>
              ))}
            </tbody>
          </table>
          <p class="dim">
            go-deadlock-lab, the workshop. Each step was checked on a real process or its core.
          </p>
          <p class="buttons">
            <button type="button" class="main" onClick={() => window.print()}>
              Print
            </button>
          </p>
        </>
      )}
      {done.length === 0 && <p>It lists the lessons of which every step is met.</p>}
    </article>
  );
}
