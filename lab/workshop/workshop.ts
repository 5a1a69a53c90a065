import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { scenarioNamed } from '../config.js';
import { LabError } from '../errors.js';
import { makeFolder } from '../store/make-folder.js';
import { localTarget } from '../targets/local.js';
import { readClass, shareStanding, standingOf } from './class.js';
import { exeName } from './core-here.js';
import { type Engine, openEngine } from './engine.js';
import type { LiveEvent } from './live.js';
import { openHistory } from './monitor/history.js';
import { openMonitor, type Watchable } from './monitor/monitor.js';
import { urlOf } from './place.js';
import { type Lesson, readLessons } from './read-lessons.js';
import { serveWorkshop } from './server/http-server.js';
import { readPageFiles } from './server/page.js';
import { claim, openSession, type Session } from './session.js';
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
}

export interface Workshop extends AsyncDisposable {
  readonly url: string;
  /** Opens the workbook for whoever has it. */
  readonly link: string;
  /** The participant's folder; `undefined` for an instructor. */
  readonly folder: string | undefined;
}

/**
 * Opens a participant's workbook. Disposing it ends what the lab itself started for the participant and keeps the
 * progress; what was typed into a terminal goes on.
 */
export async function openWorkshop(options: WorkshopOptions, signal: AbortSignal): Promise<Workshop> {
  const [files, lessons] = await Promise.all([readPageFiles(), lessonsOf(options)]);
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
    ...{ lessons, session, signal, target: localTarget() },
    tell: (event) => tell(event),
  });
  // What a workbook that was killed had started.
  await engine[Symbol.asyncDispose]();
  const history = await openHistory(join(session.dir, '.lab', 'live.json'));
  const terminals = openTerminals(session.dir);
  const server = await serveWorkshop({
    ...{ port: options.port, token: session.record.token, files, view: engine.view },
    terminals: { of: terminals, isLesson: (name) => lessons.some((one) => one.name === name) },
    greeting: history.told,
    async ask(asked) {
      await engine.ask(asked);
      await share();
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

/** Opens the instructor's view of a class. */
export async function openClass(options: WorkshopOptions): Promise<Workshop> {
  const folder = options.class;
  if (folder === undefined) {
    throw new LabError('an instructor needs to know where the class is', {
      code: 'usage',
      hint: 'name the folder that everybody shares: --class DIR',
    });
  }
  const [files, lessons] = await Promise.all([readPageFiles(), lessonsOf(options)]);
  await makeFolder(folder);
  const server = await serveWorkshop({
    ...{ port: options.port, token: randomBytes(24).toString('base64url'), files },
    view: () => readClass(folder, lessons),
  });
  const { url, link } = server;
  return { url, link, folder: undefined, [Symbol.asyncDispose]: () => server[Symbol.asyncDispose]() };
}

async function lessonsOf({ lesson, lessonsFolder }: WorkshopOptions): Promise<readonly Lesson[]> {
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
