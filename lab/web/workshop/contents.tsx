import { useEffect, useState } from 'preact/hooks';
import type { LessonView, StepView } from '../../workshop/view.js';
import { addressOf, certificateAddress, glossaryAddress } from './places.js';

/** As in frame.css: where contents and step stand side by side no more. */
const narrow = matchMedia('(max-width: 52rem)');

interface ContentsProps {
  readonly lessons: readonly LessonView[];
  readonly lesson: LessonView;
  /** Absent where another page is shown. */
  readonly step: StepView | undefined;
}

/** Lessons and steps; folded where they would stand between the reader and the step. */
export function Contents(props: ContentsProps) {
  const [folded, setFolded] = useState(narrow.matches);
  useEffect(() => {
    const follow = () => setFolded(narrow.matches);
    narrow.addEventListener('change', follow);
    return () => narrow.removeEventListener('change', follow);
  }, []);
  if (!folded) return <List {...props} />;
  const { lesson, step } = props;
  return (
    // Whoever has chosen a step wants to see it.
    <details class="fold" key={`${lesson.name}/${step?.id}`}>
      <summary>Lessons and steps</summary>
      <List {...props} />
    </details>
  );
}

/** Lessons, and the steps of the one that is open, each with how far it is. */
function List({ lessons, lesson, step }: ContentsProps) {
  return (
    <nav class="contents" aria-label="Lessons and steps">
      <ol>
        {lessons.map((one) => {
          const done = one.steps.filter(({ met }) => met).length;
          const first = one.steps.find(({ met }) => !met) ?? one.steps[0];
          const open = one === lesson;
          return (
            <li key={one.name} class={open ? 'open' : ''}>
              <a
                class="lesson"
                href={addressOf(one.name, first?.id ?? '')}
                aria-current={open ? 'true' : undefined}
              >
                <span>{one.title}</span>
                <span class="count">
                  {done}/{one.steps.length}
                  <span class="unseen"> steps done</span>
                </span>
              </a>
              {open && (
                <ol>
                  {one.steps.map((each, i) => (
                    <li key={each.id}>
                      <a
                        href={addressOf(one.name, each.id)}
                        class={stateOf(each)}
                        aria-current={each === step ? 'step' : undefined}
                      >
                        <span class="mark" aria-hidden="true">
                          {marks[stateOf(each)]}
                        </span>
                        <span>
                          {i + 1}. {each.title}
                        </span>
                        <span class="unseen">, {words[stateOf(each)]}</span>
                      </a>
                    </li>
                  ))}
                </ol>
              )}
            </li>
          );
        })}
      </ol>
      <ul class="more">
        <li>
          <a href={glossaryAddress}>The kinds, with pictures</a>
        </li>
        <li>
          <a href={certificateAddress}>Certificate</a>
        </li>
      </ul>
    </nav>
  );
}

type State = 'met' | 'solved' | 'tried' | 'open';
export const marks: Readonly<Record<State, string>> = { met: '✓', solved: '⚙', tried: '…', open: '○' };
export const words: Readonly<Record<State, string>> = {
  met: 'done',
  solved: 'done by the lab',
  tried: 'tried',
  open: 'open',
};

function stateOf({ met, solved, seen }: StepView): State {
  if (met) return solved ? 'solved' : 'met';
  return seen === undefined ? 'open' : 'tried';
}
