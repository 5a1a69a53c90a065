import { loadFacts } from '../checklist/load-facts.js';
import type { LabConfig } from '../config.js';
import { poll } from '../deadline.js';
import { LabError } from '../errors.js';
import type { HangOutcome } from '../hang/outcome.js';
import type { LoadDriver } from '../load/driver.js';
import { loadDrivers } from '../load/index.js';
import type { LoadPlan } from '../load/plan.js';
import type { Drive } from '../scenarios/drive.js';
import type { RunningServer } from '../server/start.js';
import { inStage, plannedIn, type StageContext } from '../stages/index.js';
import { protocolNames } from '../stampede/facts.js';
import { unreachable } from '../unreachable.js';
import { makeRoom } from './make-room.js';
import { observeDrive } from './observe-drive.js';
import { openPlayer } from './schedule.js';

/*
 * The stage `load`: whatever the scenario does to its server, be it load, requests in order, or nothing.
 */

/** Drives the server until its fault shows or it has borne everything; all clients are gone when this returns. */
export async function load(context: StageContext, server: RunningServer): Promise<HangOutcome> {
  const { run, target, emit } = context;
  const { config, scenario } = plannedIn(run);
  const drive = driveOf(scenario.drive, config);
  const driver = driverOf(config);
  const { outcome } = await inStage(context, 'load', titleOf(drive, driver, server), async (signal) => {
    if (drive.kind === 'stampede') await makeRoom(drive, { ...context, signal }, server);
    const { outcome, ...driven } = await observeDrive(
      {
        target,
        process: server.process,
        url: server.url,
        pprofUrl: server.pprofUrl,
        probeTimeoutMs: config.probeTimeout * 1000,
        driver,
        drive,
        symptom: scenario.symptom,
      },
      emit,
      signal,
    );
    const word = outcome.kind === 'hung' ? outcome.health : outcome.kind;
    return [{ outcome, facts: loadFacts(outcome), ...driven }, `${word}: ${outcome.why}`];
  });
  return outcome;
}

/** How long work in the background may take to begin. */
const beginsWithinMs = 5_000;

/**
 * What the scenario does to its server, kept up until it is disposed: of a load the hardest step, of a schedule
 * round after round. Resolves once the server has answered some of it.
 */
export async function keepBusy(context: StageContext, server: RunningServer): Promise<AsyncDisposable> {
  const { config, scenario } = plannedIn(context.run);
  const drive = driveOf(scenario.drive, config);
  switch (drive.kind) {
    case 'stampede':
      return await keepLoading(drive.load, driverOf(config), server, context.signal);
    case 'load':
      return await keepLoading(drive, driverOf(config), server, context.signal);
    case 'requests':
      return await keepPlaying(drive, server, context.signal);
    case 'self':
      return { async [Symbol.asyncDispose]() {} };
    default:
      return unreachable(drive);
  }
}

/** The hardest load of the plan. */
async function keepLoading(
  { steps }: LoadPlan,
  driver: LoadDriver,
  server: RunningServer,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const hardest = steps.at(-1);
  if (hardest === undefined) throw new LabError('a load plan without steps', { code: 'internal' });
  let responses = 0;
  const session = await driver.open(
    { url: server.url, steps: [hardest], requestTimeoutMs: 10_000, maxFailures: 100, maxDurationMs: 120_000 },
    (sample) => {
      responses = sample.responses;
    },
    signal,
  );
  session.push(hardest);
  await poll(() => (responses > 0 ? true : undefined), { signal, deadlineMs: beginsWithinMs, everyMs: 20 });
  return session;
}

/** The schedule again and again. A round that breaks off while a debugger stops the server is none of its faults. */
async function keepPlaying(
  drive: Extract<Drive, { kind: 'requests' }>,
  server: RunningServer,
  signal: AbortSignal,
): Promise<AsyncDisposable> {
  const closing = new AbortController();
  const player = openPlayer({ origin: new URL(server.url).origin, pprofUrl: server.pprofUrl, drive });
  let rounds = 0;
  const playing = (async () => {
    while (!closing.signal.aborted) {
      await player.play(rounds + 1, closing.signal, signal);
      rounds += 1;
    }
  })();
  playing.catch(() => {}); // an abort ends it; whoever waits for the stage hears of it there
  await poll(() => (rounds > 0 ? true : undefined), { signal, deadlineMs: beginsWithinMs, everyMs: 5 });
  return {
    async [Symbol.asyncDispose]() {
      closing.abort();
      await playing.catch(() => {});
      player[Symbol.dispose]();
    },
  };
}

/** The drive, with the time that the run was asked to give it. */
function driveOf(drive: Drive, { loadTimeout }: Pick<LabConfig, 'loadTimeout'>): Drive {
  if (loadTimeout === undefined) return drive;
  const ms = loadTimeout * 1000;
  switch (drive.kind) {
    case 'load':
      return { ...drive, durationMs: ms };
    case 'stampede':
      return { ...drive, load: { ...drive.load, durationMs: ms } };
    default:
      return { ...drive, withinMs: ms };
  }
}

function driverOf({ load: name }: Pick<LabConfig, 'load'>): LoadDriver {
  const driver = loadDrivers.find((one) => one.name === name) ?? loadDrivers[0];
  if (driver === undefined) throw new LabError('there is no load driver', { code: 'internal' });
  return driver;
}

function titleOf(drive: Drive, driver: LoadDriver, { url }: RunningServer): string {
  switch (drive.kind) {
    case 'load':
      return `${driver.name} against ${url}`;
    case 'stampede': {
      const size = drive.size.toLocaleString('en-US');
      return `${driver.name} against ${url}, then clients over ${protocolNames[drive.protocol]} until ${size} handlers are stuck`;
    }
    case 'requests':
      return `${drive.steps.length} steps in order against ${url}`;
    case 'self':
      return `the program at ${url} works by itself`;
    default:
      return unreachable(drive);
  }
}
