import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Scenario } from '../scenarios/scenario.js';
import { unreachable } from '../unreachable.js';
import { coreIn, exeName } from './core-here.js';
import { endOf } from './ending.js';
import { incidentOf } from './incident.js';
import { environmentName, type Place } from './place.js';
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
    package: place.package,
    port: String(ports.server),
    'pprof-port': String(ports.pprof),
    'delve-port': String(ports.delve),
    path: scenario.server.path,
    pid: server === undefined ? 'PID' : String(server.pid),
    core: core.kind === 'found' ? core.file : 'core.PID',
    symptom: symptomOf(scenario),
    scenario: scenario.name,
  };
}

/** As somebody sees it who does not know what it is. */
function symptomOf({ server, symptom }: Scenario): string {
  const { kind } = symptom;
  switch (kind) {
    case 'unanswered':
      return `Requests to ${server.path} get no answer. The process lives, and connections to it are accepted.`;
    case 'stuck-goroutines':
      return `Every request to ${server.path} is answered. The number of goroutines grows and does not fall.`;
    case 'no-progress':
      return `The process lives. What it says at ${symptom.path} has been the same for a while.`;
    default:
      return unreachable(kind);
  }
}

export interface Shown {
  readonly lessons: readonly Lesson[];
  readonly session: Session;
  readonly placeOf: (lesson: Lesson) => Promise<Place>;
  readonly busy: WorkbookView['busy'];
  readonly trouble: WorkbookView['trouble'];
  /** Whether the page may have terminals: shells of whoever runs the lab. */
  readonly terminal: boolean;
  readonly version: number;
}

/** The workbook as its page shows it. */
export async function workbookView({
  lessons,
  session,
  placeOf,
  busy,
  trouble,
  version,
  terminal,
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
      terminal,
      ready: existsSync(join(place.folder, environmentName)),
      incident: incidentOf(lesson, session, new Date()),
      end: await endOf(lesson, session, place),
      steps: await Promise.all(
        lesson.steps.map(async (step) => {
          const view = await stepView({ lesson, step, session, values, place });
          return place.kept === undefined ? view : { ...view, html: `${view.html}${lookHere(lesson.name)}` };
        }),
      ),
    });
  }
  return { kind: 'workbook', version, name: session.record.name, lessons: views, busy, trouble };
}

/** For whoever has no terminal. */
const lookHere = (lesson: string): string =>
  `<p><a href="/core/${encodeURIComponent(lesson)}" target="_blank" rel="noopener">Look into the core in the browser</a></p>`;

interface ShownStep {
  readonly lesson: Lesson;
  readonly step: Step;
  readonly session: Session;
  readonly values: Values;
  readonly place: Place;
}

async function stepView({ lesson, step, session, values, place }: ShownStep): Promise<StepView> {
  const { predict } = step;
  const { prepared, met, solved, seen, answers, hints, predicted } = session.stateOf(lesson.name, step.id);
  return {
    id: step.id,
    title: step.title,
    goal: renderedLine(filled(step.goal, values)),
    minutes: step.minutes,
    html: rendered(filled(step.body, values)),
    // Neither explanation nor repair leaves the lab before.
    ...(met ? { told: rendered(filled(step.told, values)), changes: await step.check.changes?.(place) } : {}),
    ...(predict === undefined
      ? {}
      : {
          predict: {
            ask: renderedLine(filled(predict.ask, values)),
            choices: predict.choices,
            given: predicted,
            right: met ? predict.right : undefined,
          },
        }),
    commands: step.commands.map(({ run, background }) => ({ run: filled(run, values), background })),
    fields: step.check.fields,
    action: step.action?.label,
    setup: step.setup === undefined ? 'none' : prepared ? 'done' : 'open',
    ...{ met, solved, seen, answers },
    hints: step.hints.slice(0, hints).map((hint) => rendered(filled(hint, values))),
    hintsInAll: step.hints.length,
  };
}
