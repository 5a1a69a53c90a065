import { join } from 'node:path';
import { scenarioNamed } from '../config.js';
import { pause } from '../deadline.js';
import { LabError } from '../errors.js';
import { localTarget } from '../targets/local.js';
import { exeName } from './core-here.js';
import { shareStanding, standingOf } from './desk/class.js';
import { type Engine, openEngine, type SharedMachine } from './engine.js';
import type { LiveEvent } from './live.js';
import { openHistory } from './monitor/history.js';
import { openMonitor, type Watchable } from './monitor/monitor.js';
import { urlOf } from './place.js';
import { type Lesson, readLessons } from './read-lessons.js';
import { serveWorkshop } from './server/http-server.js';
import { readPageFiles } from './server/page.js';
import { claim, openSession, type Session } from './session.js';
import { answerCore } from './shelf/answer-core.js';
import { coresOnly } from './shelf/shelf.js';
import { openTerminals } from './terminal/terminals.js';

export interface WorkshopOptions {
  /** 0 lets the kernel choose. */
  readonly port: number;
  /** Folder of the sessions; each participant has one below it. */
  readonly dir: string;
  readonly name: string;
  /** Only the lesson of that name. */
  readonly lesson?: string | undefined;
  /** Folder by which the instructor sees how far everybody is. */
  readonly class?: string | undefined;
  readonly lessonsFolder?: string | undefined;
  /** What participants have in common who share a machine. */
  readonly shared?: SharedMachine | undefined;
}

export interface Workshop extends AsyncDisposable {
  readonly url: string;
  /** Opens the workbook for whoever has it. */
  readonly link: string;
  /** The participant's folder. */
  readonly folder: string;
  readonly token: string;
  readonly port: number;
}

/** Browsers give up what is not answered within some minutes; a class's queue for a load may take longer. */
const patienceMs = 60_000;

/**
 * Opens a participant's workbook. Disposing it ends what the lab itself started for the participant and keeps the
 * progress; what was typed into a terminal goes on.
 */
export async function openWorkshop(options: WorkshopOptions, signal: AbortSignal): Promise<Workshop> {
  const [files, all] = await Promise.all([readPageFiles(), lessonsOf(options)]);
  const lessons = options.shared?.shelf === undefined ? all : coresOnly(all);
  const session = await openSession(options.dir, options.name);
  const shared = options.class;
  const share = async (): Promise<void> => {
    // A class folder that is out of reach for a moment must not stop anybody's work.
    if (shared !== undefined)
      await shareStanding(shared, standingOf(lessons, session, new Date())).catch(() => {});
  };
  if (shared !== undefined) await shareStanding(shared, standingOf(lessons, session, new Date()));
  let tell: (event: LiveEvent) => void = () => {};
  const engine: Engine = openEngine({
    ...{ lessons, session, signal, target: localTarget(), shared: options.shared },
    tell: (event) => tell(event),
  });
  // What a workbook that was killed had started.
  await engine[Symbol.asyncDispose]();
  const history = await openHistory(join(session.dir, '.lab', 'live.json'));
  const terminals = openTerminals(session.dir);
  const server = await serveWorkshop({
    ...{ port: options.port, token: session.record.token, files, view: engine.view },
    // A shell of the teacher's is not shared with a class: it could read everything of everybody.
    terminals:
      options.shared === undefined
        ? { of: terminals, isLesson: (name) => lessons.some((one) => one.name === name) }
        : undefined,
    greeting: history.told,
    more: (path, response) => answerCore(engine, path, response),
    async ask(asked) {
      const work = engine.ask(asked).then(share);
      // The page is told by the state then, also of what went wrong.
      work.catch(() => {});
      const answered = new AbortController();
      const patience = pause(patienceMs, AbortSignal.any([signal, answered.signal]));
      await Promise.race([work, patience]).finally(() => answered.abort());
    },
  });
  await claim(session, server.url);
  const { ports } = session.record;
  const pprofUrl = `http://127.0.0.1:${ports.pprof}`;
  const watchable = () => watchableOf(lessons, session);
  const monitor = openMonitor({ watchable, pprofUrl, history, tell: server.tell }, signal);
  tell = monitor.take;
  return {
    ...{ url: server.url, link: server.link, folder: session.dir },
    ...{ token: session.record.token, port: server.port },
    async [Symbol.asyncDispose]() {
      await server[Symbol.asyncDispose]();
      terminals[Symbol.dispose]();
      await monitor[Symbol.asyncDispose]();
      await engine[Symbol.asyncDispose]();
      await claim(session, undefined);
    },
  };
}

/** A scenario that was not drawn yet has no server. */
function watchableOf(lessons: readonly Lesson[], { dir, record }: Session): Watchable[] {
  return lessons.flatMap(({ name, blind }) => {
    const drawn = record.scenarios[name];
    // A chart would show what the program of a blind exercise does.
    if (drawn === undefined || blind) return [];
    const url = urlOf({ ports: record.ports, scenario: scenarioNamed(drawn) });
    return [{ lesson: name, exe: join(dir, name, exeName), url }];
  });
}

/** The lessons that are meant. Throws `usage` where there are none. */
export async function lessonsOf({
  lesson,
  lessonsFolder,
}: Pick<WorkshopOptions, 'lesson' | 'lessonsFolder'>): Promise<readonly Lesson[]> {
  const all = await readLessons(lessonsFolder);
  if (all.length === 0) {
    throw new LabError(`there are no lessons in ${lessonsFolder}`, {
      code: 'usage',
      hint: 'name the folder of a lesson, or one with such folders',
    });
  }
  if (lesson === undefined) return all;
  const meant = all.filter(({ name }) => name === lesson || name.replace(/^\d+-/, '') === lesson);
  if (meant.length > 0) return meant;
  throw new LabError(`there is no lesson ${JSON.stringify(lesson)}`, {
    code: 'usage',
    hint: `choose one of: ${all.map(({ name }) => name.replace(/^\d+-/, '')).join(', ')}`,
  });
}
