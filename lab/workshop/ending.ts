import { readFile } from 'node:fs/promises';
import { evidenceIn } from './core-here.js';
import { diagnosisFile, keptDiagnosis } from './kept-diagnosis.js';
import type { Place } from './place.js';
import type { Lesson } from './read-lessons.js';
import type { Session } from './session.js';
import type { EndView } from './view.js';

/** How a lesson ended; `undefined` until every step is met. */
export async function endOf(lesson: Lesson, session: Session, place: Place): Promise<EndView | undefined> {
  const states = lesson.steps.map((step) => ({ step, state: session.stateOf(lesson.name, step.id) }));
  if (states.length === 0 || !states.every(({ state }) => state.met)) return undefined;
  const missed = states.flatMap(({ step, state }) => {
    const { solved, hints, tries, predicted } = state;
    const what = [
      ...(solved ? ['done by the lab'] : []),
      ...(tries > 0 ? [`answered wrongly ${tries === 1 ? 'once' : `${tries} times`}`] : []),
      ...(hints > 0 ? [`${hints} of ${step.hints.length} hints`] : []),
      ...(step.predict !== undefined && predicted !== undefined && predicted !== step.predict.right
        ? [`expected “${predicted}”; it was “${step.predict.right}”`]
        : []),
    ];
    return what.length === 0 ? [] : [{ step: step.title, what: what.join(', ') }];
  });
  return {
    at:
      states
        .flatMap(({ state }) => state.metAt ?? [])
        .sort()
        .at(-1) ?? '',
    own: states.filter(({ state }) => !state.solved).length,
    all: states.length,
    graph: await graphOf(place),
    missed,
  };
}

/** The picture of a diagnosis that was made already: nobody waits for one here. It is drawn once. */
async function graphOf(place: Place): Promise<string | undefined> {
  const here = await evidenceIn(place);
  if (here.kind === 'none') return undefined;
  const file = await diagnosisFile(place, here.path);
  const picture = file.replace(/\.gz$/, '.svg');
  const kept = await readFile(picture, 'utf8').catch(() => undefined);
  if (kept !== undefined) return kept;
  const diagnosis = await keptDiagnosis(file);
  if (diagnosis === undefined) return undefined;
  const [{ diagnosisSvg }, { default: write }] = await Promise.all([
    import('../report/page/svg.js'),
    import('write-file-atomic'),
  ]);
  const drawn = await diagnosisSvg(diagnosis);
  if (drawn !== undefined) await write(picture, drawn);
  return drawn;
}
