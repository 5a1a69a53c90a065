import { useEffect, useRef, useState } from 'preact/hooks';
import type { LessonView, StepView, Verb, WorkbookView } from '../../workshop/view.js';
import { Commands } from './commands.js';
import { End } from './end.js';
import { Fields } from './fields.js';
import { Incident } from './incident.js';
import { LiveServer } from './live-charts.js';
import { addressOf } from './places.js';
import { Predict } from './predict.js';
import { Told } from './told.js';

export interface StepProps {
  readonly lesson: LessonView;
  readonly step: StepView;
  readonly next?: { readonly lesson: LessonView; readonly step: StepView } | undefined;
  readonly working?: WorkbookView['busy'];
  readonly note: string;
  readonly trouble?: string | undefined;
  readonly act: (verb: Verb, answers?: Readonly<Record<string, string>>) => void;
}

/** One step: goal, text, what to type, and what the lab sees of it. */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the step from top to bottom, as it stands on the page
export function StepPage({ lesson, step, next, working, note, trouble, act }: StepProps) {
  const [answers, setAnswers] = useState(step.answers);
  const title = useRef<HTMLHeadingElement>(null);
  const asked = useRef(false);
  const number = lesson.steps.indexOf(step) + 1;
  const idle = working === undefined;

  useEffect(() => {
    document.title = `${step.title} · Workshop`;
    // Whoever followed a link is read the new step; whoever just opened the page begins at its top.
    if (location.hash !== '') title.current?.focus({ preventScroll: true });
    window.scrollTo({ top: 0 });
  }, []);
  useEffect(() => {
    if (step.setup !== 'open' || asked.current || !idle) return;
    asked.current = true;
    act('prepare');
  }, [step.setup, idle]);
  // Solutions and earlier answers arrive with the state.
  useEffect(() => setAnswers(step.answers), [JSON.stringify(step.answers)]);

  const preparing = step.setup === 'open';
  const { predict, seen } = step;
  // What is to be typed answers the question.
  const asking = predict !== undefined && predict.given === undefined && !step.met;
  const wrong = new Map((seen?.fields ?? []).map((name) => [name, step.answers[name] ?? '']));
  const { end } = lesson;
  return (
    <article>
      <p class="where">
        {lesson.title} · step {number} of {lesson.steps.length} · about {step.minutes} min
      </p>
      <h1 ref={title} tabIndex={-1}>
        {step.title}
      </h1>
      <p class="goal">
        <strong>Goal.</strong> <span dangerouslySetInnerHTML={{ __html: step.goal }} />
      </p>
      {lesson.incident !== undefined && <Incident incident={lesson.incident} />}
      {number === 1 && <div class="prose intro" dangerouslySetInnerHTML={{ __html: lesson.html }} />}
      <div class="prose" dangerouslySetInnerHTML={{ __html: step.html }} />
      {predict !== undefined && (
        <Predict
          predict={predict}
          idle={idle}
          missing={wrong.has('prediction') && asking}
          say={(prediction) => act('predict', { prediction })}
        />
      )}
      {preparing ? (
        <p class="preparing" role="status">
          {idle ? 'This step is not prepared yet.' : `The lab prepares this step … ${note}`}
        </p>
      ) : (
        !asking &&
        step.commands.length > 0 && (
          <Commands folder={lesson.folder} commands={step.commands} terminal={lesson.terminal} />
        )
      )}
      {step.action !== undefined && !asking && (
        <section class="panel" aria-label="The load">
          <button type="button" disabled={!idle} onClick={() => act('act')}>
            {step.action}
          </button>
          {(working?.verb === 'act' || working?.verb === 'solve') && <p class="dim">{note}</p>}
        </section>
      )}
      {step.action !== undefined && <LiveServer lesson={lesson.name} always />}
      <form
        class="panel"
        onSubmit={(event) => {
          event.preventDefault();
          act('check', answers);
        }}
      >
        {step.fields.length > 0 && (
          <Fields fields={step.fields} answers={answers} wrong={wrong} set={setAnswers} />
        )}
        <div class="buttons">
          <button type="submit" class="main" disabled={!idle}>
            Check
          </button>
          <button
            type="button"
            disabled={!idle || step.hints.length >= step.hintsInAll}
            onClick={() => act('hint')}
          >
            Hint ({step.hints.length} of {step.hintsInAll})
          </button>
          <button type="button" disabled={!idle} onClick={() => act('solve')}>
            Do it for me
          </button>
          {preparing && idle && (
            <button type="button" onClick={() => act('prepare')}>
              Prepare again
            </button>
          )}
          <button type="button" disabled={!idle} onClick={() => act('reset')}>
            Reset the step
          </button>
        </div>
        <Result {...{ step, working, trouble }} />
      </form>
      <Told told={step.told} changes={step.changes} />
      {end !== undefined && number === lesson.steps.length && <End lesson={{ ...lesson, end }} />}
      {step.hints.length > 0 && (
        <section class="hints" aria-label="Hints">
          <h2>Hints</h2>
          <ol>
            {step.hints.map((hint, i) => (
              <li key={i} class="prose" dangerouslySetInnerHTML={{ __html: hint }} />
            ))}
          </ol>
        </section>
      )}
      {step.action === undefined && <LiveServer lesson={lesson.name} always={false} />}
      <p class="onwards">
        {step.met && next !== undefined && (
          <a class="next" href={addressOf(next.lesson.name, next.step.id)}>
            {next.lesson.name === lesson.name
              ? `Next: ${next.step.title}`
              : `Next lesson: ${next.lesson.title}`}
          </a>
        )}
        <button type="button" class="quiet" disabled={!idle} onClick={() => act('restart')}>
          Restart lesson
        </button>
      </p>
    </article>
  );
}

const doing: Readonly<Record<string, string>> = {
  // Said above, where the commands will be.
  prepare: '',
  predict: '',
  check: 'Looking …',
  act: 'The lab is at it …',
  solve: 'The lab does it for you …',
  reset: 'Taking it back …',
  restart: 'Taking everything back …',
  hint: '',
};

/** What the last look saw; read out when it changes. */
function Result({ step, working, trouble }: Pick<StepProps, 'step' | 'working' | 'trouble'>) {
  const { seen } = step;
  return (
    <div class="result" role="status">
      {working !== undefined && <p class="dim">{doing[working.verb]}</p>}
      {working === undefined && trouble !== undefined && <p class="not-yet">{trouble}</p>}
      {working === undefined && trouble === undefined && seen !== undefined && (
        <div class={seen.kind}>
          <p>
            <strong>{seen.kind === 'met' ? 'Yes:' : 'Not yet:'}</strong> {seen.text}.
          </p>
          {seen.wrong !== undefined && (
            <ul>
              {seen.wrong.map((one) => (
                <li key={one}>
                  <code>{one}</code>
                </li>
              ))}
            </ul>
          )}
        </div>
      )}
    </div>
  );
}
