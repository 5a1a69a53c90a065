import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { coreIn, exeName } from './core-here.js';
import type { Place } from './place.js';
import { processesOf } from './processes.js';
import type { Lesson, Step } from './read-lessons.js';
import type { Session } from './session.js';
import { filled, rendered, renderedLine, type Values } from './text.js';
import type { LessonView, StepView, WorkbookView } from './view.js';

/** What the placeholders of a lesson stand for, as things are now. */
export async function valuesOf(place: Place): Promise<Values> {
  const { folder, scenario, ports } = place;
  const exe = join(folder, exeName);
  // Nobody runs what was never built; looking at every process of the machine takes a while.
  const running = existsSync(exe) ? processesOf(exe) : [];
  const [[server], core] = await Promise.all([running, coreIn(place)]);
  return {
    folder,
    package: scenario.package,
    port: String(ports.server),
    'pprof-port': String(ports.pprof),
    'delve-port': String(ports.delve),
    path: scenario.server.path,
    pid: server === undefined ? 'PID' : String(server.pid),
    core: core.kind === 'found' ? core.file : 'core.PID',
  };
}

export interface Shown {
  readonly lessons: readonly Lesson[];
  readonly session: Session;
  readonly placeOf: (lesson: Lesson) => Promise<Place>;
  readonly busy: WorkbookView['busy'];
  readonly version: number;
}

/** The workbook as its page shows it. */
export async function workbookView({
  lessons,
  session,
  placeOf,
  busy,
  version,
}: Shown): Promise<WorkbookView> {
  const views: LessonView[] = [];
  // One after the other: a scenario that is drawn is written to the session.
  for (const lesson of lessons) {
    const place = await placeOf(lesson);
    const values = await valuesOf(place);
    views.push({
      name: lesson.name,
      title: lesson.title,
      goal: lesson.goal,
      html: rendered(filled(lesson.body, values)),
      minutes: lesson.steps.reduce((sum, { minutes }) => sum + minutes, 0),
      folder: place.folder,
      steps: lesson.steps.map((step) => stepView(lesson, step, session, values)),
    });
  }
  return { kind: 'workbook', version, name: session.record.name, lessons: views, busy };
}

function stepView(lesson: Lesson, step: Step, session: Session, values: Values): StepView {
  const { prepared, met, solved, seen, answers, hints } = session.stateOf(lesson.name, step.id);
  return {
    id: step.id,
    title: step.title,
    goal: renderedLine(filled(step.goal, values)),
    minutes: step.minutes,
    html: rendered(filled(step.body, values)),
    commands: step.commands.map(({ run, background }) => ({ run: filled(run, values), background })),
    fields: step.check.fields,
    action: step.action?.label,
    setup: step.setup === undefined ? 'none' : prepared ? 'done' : 'open',
    ...{ met, solved, seen, answers },
    hints: step.hints.slice(0, hints).map((hint) => rendered(filled(hint, values))),
    hintsInAll: step.hints.length,
  };
}
