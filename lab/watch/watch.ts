import { appendFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { epochMs } from '../clock.js';
import { pause } from '../deadline.js';
import { LabError } from '../errors.js';
import { createHeartbeat } from '../hang/heartbeat.js';
import { probe } from '../hang/probe.js';
import { makeFolder } from '../make-folder.js';
import { isSameProcess } from '../targets/process-identity.js';
import type { Then } from './aftermath.js';
import { type Catch, type CatchOptions, openCatch } from './catch.js';
import { dutyConfig, onDuty, type Sighting, startDuty } from './duty.js';
import type { DutyAction, DutyState } from './duty-state.js';
import { finish } from './finish.js';
import { ageOut, type Episode, episodesIn, type Retention, removeUnconfirmed } from './folder.js';
import { glanceAt, lookAt } from './host-look.js';
import { processOf, type ServiceName, type ServiceProcess } from './service.js';
import { askService, type ServicePages } from './service-look.js';
import { openTale } from './tale.js';

export interface WatchOptions extends CatchOptions {
  readonly name: ServiceName;
  readonly probe: string | undefined;
  readonly probeTimeoutMs: number;
  readonly everyMs: number;
  readonly pages: ServicePages;
  readonly afterwards: Then;
  readonly notify: string | undefined;
  readonly capturesPerDay: number;
  readonly keep: Retention;
  /** Ends after the first hang. */
  readonly once: boolean;
  readonly say: (text: string) => void;
}

/** While a probe is not answered; as long as all is well, one look for each probe will do. */
const statsEveryMs = 300;
const calmEveryMs = 1_000;
/** A probe that takes longer than this is a reason to look. */
const promptMs = 250;
const beatEveryMs = 100;
const pagesEveryMs = 5_000;
/** While a hang is suspected. */
const suspectedEveryMs = 1_000;
/** A hung server keeps a goroutine and a descriptor for every probe. */
const caughtProbeEveryMs = 30_000;
const absentEveryMs = 1_000;
const dayMs = 24 * 3_600_000;

/**
 * Watches a service until the signal aborts, a process that was named by its number ends, or, with `once`, a hang has been
 * caught. Returns the hangs. Throws `target` when there is no such process at first, and `interrupted`.
 */
export async function watchService(options: WatchOptions, signal: AbortSignal): Promise<readonly Episode[]> {
  const { folder, name, say } = options;
  // Probes leave little behind, and all of it at once: V8 would let its young generation grow to 48 MB for that.
  setFlagsFromString('--semi-space-growth-factor=1');
  await makeFolder(folder, 0o700);
  await removeUnconfirmed(folder);
  await ageOut(folder, options.keep, Date.now());
  const first = await processOf(name, signal);
  if (first === undefined && name.kind === 'pid') {
    throw new LabError(`there is no process ${name.pid}`, {
      ...{ code: 'target', hint: 'find the pid of a Go process: pgrep -l NAME' },
    });
  }
  const episodes: Episode[] = [];
  let found = first;
  for (;;) {
    if (found === undefined) {
      say(`${options.service} does not run; waiting for it`);
      while (found === undefined) {
        await pause(absentEveryMs, signal);
        found = await processOf(name, signal);
      }
    }
    say(`watching process ${found.identity.pid} of ${options.service}`);
    const ended = await watchProcess(found, options, signal);
    episodes.push(...ended.episodes);
    if (ended.kind === 'caught' && options.once) return episodes;
    if (name.kind === 'pid') return episodes;
    found = await processOf(name, signal);
  }
}

interface Ended {
  readonly kind: 'gone' | 'caught';
  readonly episodes: readonly Episode[];
}

/** Watches one process until it is gone. */
async function watchProcess(
  service: ServiceProcess,
  options: WatchOptions,
  signal: AbortSignal,
): Promise<Ended> {
  const { probe: url, probeTimeoutMs, everyMs, pages, once } = options;
  const { pid } = service.identity;
  const port = url === undefined ? undefined : portOf(url);
  const closing = new AbortController();
  const closed = AbortSignal.any([signal, closing.signal]);
  let state = startDuty(dutyConfig(probeTimeoutMs), epochMs());
  const known = await alreadyCaught(service, options);
  if (known) state = { ...state, phase: { kind: 'caught' } };
  const todo: DutyAction[] = [];
  const see = (sighting: Sighting): void => {
    const step = onDuty(state, sighting);
    state = step.state;
    todo.push(...step.actions);
  };
  using heartbeat = createHeartbeat((stall) => see({ kind: 'stall', stall }), beatEveryMs);
  const underWay = new Set<Promise<void>>();
  const begin = (work: () => Promise<void>): void => {
    const one = work()
      .catch(() => undefined) // it ends by being interrupted
      .finally(() => underWay.delete(one));
    underWay.add(one);
  };
  const beginProbe = (address: string): void =>
    begin(async () => {
      const outcome = await probe({ url: address, timeoutMs: probeTimeoutMs }, closed);
      heartbeat.check();
      if (outcome.kind === 'answered') answeredAt = Math.max(answeredAt, outcome.at);
      see({ kind: 'probe', outcome });
    });
  let probedAt = Number.NEGATIVE_INFINITY;
  /** When the newest probe that was answered began. */
  let answeredAt = Number.NEGATIVE_INFINITY;
  let askedAt = Number.NEGATIVE_INFINITY;
  const desk = deskOf(service, options, signal);
  try {
    for (;;) {
      const now = epochMs();
      const probeEvery = state.phase.kind === 'caught' ? caughtProbeEveryMs : everyMs;
      const pagesEvery = state.phase.kind === 'confirming' ? suspectedEveryMs : pagesEveryMs;
      if (url !== undefined && now - probedAt >= probeEvery) {
        probedAt = now;
        beginProbe(url);
      }
      if ((pages.progress ?? pages.goroutines) !== undefined && now - askedAt >= pagesEvery) {
        askedAt = now;
        begin(async () => see({ kind: 'service', look: await askService(pages, closed) }));
      }
      const isPrompt = answeredAt >= probedAt || epochMs() - probedAt < promptMs;
      const isCalm = state.phase.kind === 'watching' && isPrompt;
      const look = isCalm ? await glance(pid, signal) : await lookAt(pid, port, signal);
      heartbeat.check();
      if (look === undefined || !(await isSameProcess(service.identity))) {
        see({ kind: 'exit', at: epochMs(), exit: { kind: 'gone' } });
        await desk.act(todo.splice(0), state);
        return { kind: 'gone', episodes: desk.episodes };
      }
      see({ kind: 'process', stats: look.stats });
      if (look.host !== undefined) see({ kind: 'host', look: look.host });
      await desk.act(todo.splice(0), state);
      if (once && desk.episodes.length > 0) return { kind: 'caught', episodes: desk.episodes };
      const untilProbe = Math.max(1, probedAt + probeEvery - epochMs());
      const isAnswered = answeredAt >= probedAt;
      await pause(isCalm && isAnswered ? Math.min(calmEveryMs, untilProbe) : statsEveryMs, signal);
    }
  } finally {
    closing.abort();
    await Promise.all(underWay);
  }
}

/** Of a service that is well. */
async function glance(pid: number, signal: AbortSignal) {
  const stats = await glanceAt(pid, signal);
  return stats && { stats, host: undefined };
}

/** A watch that was started anew takes no second core of the hang that the one before it caught. */
async function alreadyCaught({ identity }: ServiceProcess, { folder }: WatchOptions): Promise<boolean> {
  const last = (await episodesIn(folder)).at(-1)?.episode;
  return (
    last?.pid === identity.pid && last.capturedAt !== undefined && Date.now() - Date.parse(last.at) < dayMs
  );
}

interface Desk {
  readonly episodes: Episode[];
  act(actions: readonly DutyAction[], state: DutyState): Promise<void>;
}

/** Does what the duty asks for, one thing after the other. */
function deskOf(service: ServiceProcess, options: WatchOptions, signal: AbortSignal): Desk {
  const { folder, say } = options;
  const { pid } = service.identity;
  const episodes: Episode[] = [];
  let open: Catch | undefined;
  const tale = openTale();
  const log = async (text: string): Promise<void> => {
    say(text);
    const line = JSON.stringify({ at: new Date().toISOString(), pid, text });
    await appendFile(join(folder, 'events.jsonl'), `${line}\n`, { mode: 0o600 }).catch(() => undefined);
  };
  return {
    episodes,
    async act(actions, state) {
      for (const action of actions) {
        if (action.kind === 'excused') {
          await open?.discard();
          open = undefined;
          for (const text of tale.excused(action.as, action.why, Date.now())) await log(text);
        } else if (action.kind === 'recovered') await log('it answers again');
        else if (action.kind === 'look') {
          if (action.number === 1) {
            for (const text of tale.suspected(action.why, Date.now())) await log(text);
            open = await openCatch(options, { pid, at: Date.now(), why: action.why });
          }
          await open?.look(action.number, state, signal);
        } else if (open !== undefined) {
          for (const text of tale.confirmed()) await log(text);
          const refusal = await refusalOf(options);
          if (refusal === undefined) {
            await open.confirm();
            episodes.push(await finish(open, service, options, log, signal));
          } else {
            await open.discard();
            await log(`it hangs, and no core is taken: ${refusal}`);
          }
          open = undefined;
        }
      }
    },
  };
}

/** Why no more cores are taken today. */
async function refusalOf({ folder, capturesPerDay, keep }: WatchOptions): Promise<string | undefined> {
  await ageOut(folder, keep, Date.now());
  const today = (await episodesIn(folder)).filter(
    ({ episode }) => Date.now() - Date.parse(episode.at) < dayMs,
  );
  return today.length < capturesPerDay
    ? undefined
    : `${today.length} hangs were caught within a day, and no more are allowed`;
}

function portOf(url: string): number | undefined {
  const { port, protocol } = new URL(url);
  return port === '' ? (protocol === 'https:' ? 443 : 80) : Number(port);
}
