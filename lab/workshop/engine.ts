import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { scenarioNamed } from '../config.js';
import { poll } from '../deadline.js';
import { LabError, toLabError } from '../errors.js';
import { makeFolder } from '../make-folder.js';
import type { Target } from '../targets/target.js';
import { digCores } from './dig-cores.js';
import { drawnScenario } from './drawn.js';
import { type HeavyQueue, type Lane, openHeavyQueue, waitText } from './heavy.js';
import { type Kept, type Shelf, shelfName } from './kept.js';
import { type LiveEvent, liveOf } from './live.js';
import { type Place, packageOf, type Seen } from './place.js';
import type { Lesson, Step } from './read-lessons.js';
import type { Session } from './session.js';
import { filled } from './text.js';
import { endGroup, typeCommands } from './typed-commands.js';
import type { Verb, WorkbookView } from './view.js';
import { valuesOf, workbookView } from './views.js';
import type { Answers } from './word.js';

export interface EngineOptions {
  readonly lessons: readonly Lesson[];
  readonly session: Session;
  readonly target: Target;
  readonly tell: (event: LiveEvent) => void;
  readonly signal: AbortSignal;
  /** What participants have in common who share a machine. */
  readonly shared?: SharedMachine | undefined;
}

export interface SharedMachine {
  readonly queue: HeavyQueue;
  /** Throws what a participant can do about it, when there is no room for a heavy step. */
  allow(lane: Lane, folder: string): Promise<void>;
  /** Cores that were taken before. */
  readonly shelf?: Shelf | undefined;
}

export interface Asked {
  readonly lesson: string;
  readonly step: string;
  readonly verb: Verb;
  readonly answers?: Answers | undefined;
}

/** The workbook of one participant, without its pages. Disposing it ends what the lab started. */
export interface Engine extends AsyncDisposable {
  view(): Promise<WorkbookView>;
  /** The core of a lesson that was taken before the class, and the lesson's title. */
  keptFor(lesson: string): Promise<{ readonly title: string; readonly kept: Kept } | undefined>;
  /** Does what was asked for; throws `usage` when that is not there, or something else is under way. */
  ask(asked: Asked): Promise<void>;
}

const unpredicted: Seen = {
  kind: 'not-yet',
  text: 'say first what you expect',
  fields: ['prediction'],
};

/** A form that was sent half empty is no wrong answer. */
function isFilled({ check }: Step, answers: Answers): boolean {
  return check.fields.length > 0 && check.fields.every(({ name }) => (answers[name] ?? '').trim() !== '');
}

/** How long what was typed may take until its check is met: a server to begin or to end, a debugger to listen. */
const settleMs = { background: 20_000, other: 5_000 };

/** A core that was not written to for so long is whole, or will never be. */
const settledMs = 3_000;

// biome-ignore lint/complexity/noExcessiveLinesPerFunction: the methods of the engine share a session, one act at a time
export function openEngine({ lessons, session, target, tell, signal, shared }: EngineOptions): Engine {
  const queue = shared?.queue ?? openHeavyQueue();
  let busy: WorkbookView['busy'];
  let trouble: WorkbookView['trouble'];
  let version = Date.now();
  const changed = (): void => {
    version += 1;
    tell({ type: 'changed' });
  };

  const find = (asked: Pick<Asked, 'lesson' | 'step'>): [Lesson, Step] => {
    const lesson = lessons.find(({ name }) => name === asked.lesson);
    const step = lesson?.steps.find(({ id }) => id === asked.step);
    if (lesson !== undefined && step !== undefined) return [lesson, step];
    throw new LabError(`there is no step ${asked.step} in a lesson ${asked.lesson}`, { code: 'usage' });
  };

  const placeOf = async (lesson: Lesson): Promise<Place> => {
    const folder = join(session.dir, lesson.name);
    const vault = join(session.dir, '.lab', lesson.name);
    await makeFolder(folder, 0o700);
    await makeFolder(vault, 0o700);
    const scenario = scenarioNamed(await drawnScenario(lesson, session));
    const { ports } = session.record;
    const { build, blind, folder: own } = lesson;
    const kept = shared?.shelf?.get(shelfName({ scenario: scenario.name, build, blind }));
    // Requests, functions and charts name what is to be found.
    const toPage: Place['tell'] = blind ? () => {} : tell;
    const emit: Place['emit'] = (event) => {
      const live = liveOf(event);
      if (live !== undefined) toPage(live);
    };
    return {
      ...{ folder, vault, lesson: own, scenario, build, blind, ports, target, emit, tell: toPage, signal },
      package: packageOf(scenario, blind),
      ...{ kept, heavy },
    };
  };

  const heavy: Place['heavy'] = (lane, work) => {
    const { name: who } = session.record;
    const waits = (ahead: number): void => tell({ type: 'note', text: waitText(lane, ahead) });
    return queue.run({ lane, who, signal, waits }, async () => {
      await shared?.allow(lane, session.dir);
      return await work();
    });
  };

  const look = async (
    lesson: Lesson,
    step: Step,
    place: Place,
    answers: Answers,
    solving = false,
  ): Promise<Seen> => {
    const before = session.stateOf(lesson.name, step.id);
    const seen =
      step.predict === undefined || before.predicted !== undefined || before.met || solving
        ? await step.check.look(place, answers)
        : unpredicted;
    const wrong = seen.kind === 'not-yet' && seen.fields !== undefined && !solving;
    // What was once met stays met: a server that is ended later did run.
    const now = seen.kind === 'met';
    const first = now && !before.met ? { metAt: new Date().toISOString() } : {};
    const tries = before.tries + (wrong && isFilled(step, answers) ? 1 : 0);
    await session.change(lesson.name, step.id, { seen, answers, met: before.met || now, tries, ...first });
    return seen;
  };

  const solve = async (lesson: Lesson, step: Step, place: Place): Promise<void> => {
    let answers: Answers = {};
    if (step.solve === 'commands') {
      const values = await valuesOf(place);
      const meant = step.solution.length > 0 ? step.solution : step.commands;
      const commands = meant.map(({ run, background }) => ({ run: filled(run, values), background }));
      const { lane } = step.check;
      const type = async () => {
        const leaders = await typeCommands(commands, place);
        if (shared !== undefined && lane === 'core') await digCores(place, 0);
        return leaders;
      };
      const started = await (lane === undefined ? type() : place.heavy(lane, type));
      await session.save({ processes: [...session.record.processes, ...started] });
    } else if (step.solve === 'action') await step.action?.act.run(place);
    else answers = await step.check.solve(place);
    const seen = await poll(
      async () => {
        const one = await look(lesson, step, place, answers, true);
        return one.kind === 'met' ? one : undefined;
      },
      {
        signal,
        deadlineMs: settleMs[step.commands.some(({ background }) => background) ? 'background' : 'other'],
        everyMs: 200,
      },
    );
    if (seen !== undefined) await session.change(lesson.name, step.id, { solved: true });
  };

  const act = async (asked: Asked, lesson: Lesson, step: Step): Promise<void> => {
    const place = await placeOf(lesson);
    const state = session.stateOf(lesson.name, step.id);
    if (state.begunAt === undefined && asked.verb !== 'reset' && asked.verb !== 'restart')
      await session.change(lesson.name, step.id, { begunAt: new Date().toISOString() });
    switch (asked.verb) {
      case 'prepare':
        if (step.setup === undefined || state.prepared) return;
        await step.setup.run(place);
        await session.change(lesson.name, step.id, { prepared: true });
        return;
      case 'predict': {
        const predicted = asked.answers?.['prediction'];
        if (predicted === undefined || step.predict?.choices.includes(predicted) !== true) {
          throw new LabError('that is none of the choices', { code: 'usage', hint: 'choose one of them' });
        }
        // What was said once stands: it is no prediction once the answer is known.
        if (state.predicted === undefined && !state.met)
          await session.change(lesson.name, step.id, { predicted });
        return;
      }
      case 'check':
        await look(lesson, step, place, asked.answers ?? {});
        return;
      case 'act':
        await step.action?.act.run(place);
        await look(lesson, step, place, asked.answers ?? {});
        return;
      case 'hint':
        await session.change(lesson.name, step.id, { hints: Math.min(state.hints + 1, step.hints.length) });
        return;
      case 'solve':
        await solve(lesson, step, place);
        return;
      case 'reset':
        await step.check.reset(place);
        await session.change(lesson.name, step.id, undefined);
        return;
      case 'restart':
        await restart(lesson, place);
        return;
    }
  };

  /** Everything of a lesson is taken back; where the scenario is drawn, it is drawn anew. */
  const restart = async (lesson: Lesson, place: Place): Promise<void> => {
    for (const step of lesson.steps.toReversed()) {
      await step.check.reset(place);
      await session.change(lesson.name, step.id, undefined);
    }
    for (const folder of [place.folder, place.vault]) await rm(folder, { recursive: true, force: true });
    const { [lesson.name]: _drawn, ...others } = session.record.scenarios;
    await session.save({ scenarios: others });
  };

  return {
    view: () =>
      workbookView({ lessons, session, placeOf, busy, trouble, version, terminal: shared === undefined }),
    async keptFor(name) {
      const lesson = lessons.find((one) => one.name === name);
      const kept = lesson && (await placeOf(lesson)).kept;
      return lesson === undefined || kept === undefined ? undefined : { title: lesson.title, kept };
    },
    async ask(asked) {
      const [lesson, step] = find(asked);
      if (busy !== undefined) {
        const { title = busy.step } = find(busy)[1] ?? {};
        throw new LabError(`the lab is still busy with the step “${title}”`, {
          code: 'usage',
          hint: 'wait until that is done',
        });
      }
      busy = { lesson: lesson.name, step: step.id, verb: asked.verb };
      trouble = undefined;
      changed();
      try {
        await act(asked, lesson, step);
        if (shared !== undefined) await digCores(await placeOf(lesson), settledMs);
      } catch (error) {
        const { message, hint } = toLabError(error);
        const text = hint === undefined ? message : `${message}. Do: ${hint}`;
        trouble = { lesson: lesson.name, step: step.id, text };
        throw error;
      } finally {
        busy = undefined;
        changed();
      }
    },
    async [Symbol.asyncDispose]() {
      await Promise.all(session.record.processes.map(endGroup));
      await session.save({ processes: [] });
    },
  };
}
