import { rm } from 'node:fs/promises';
import { LabError } from '../errors.js';
import type { HangOutcome } from '../hang/outcome.js';
import { loadDrivers } from '../load/index.js';
import { startServer } from '../server/start.js';
import type { TargetProcess } from '../targets/target.js';
import type { Place } from './place.js';

export interface Story extends Pick<Place, 'target' | 'scenario' | 'emit' | 'signal' | 'heavy'> {
  readonly exe: string;
  readonly logFile: string;
  /** Whether functions may have other names than those of the scenario. */
  readonly anyNames?: boolean;
}

export interface Played {
  readonly process: TargetProcess;
  readonly pid: number;
  readonly pprofUrl: string;
  readonly outcome: HangOutcome;
}

/** Runs a scenario's program through its story and does with it what is wanted; it is gone afterwards. */
export async function playStory<T>(story: Story, then: (played: Played) => Promise<T>): Promise<T> {
  const { target, scenario, exe, logFile, emit, signal, heavy, anyNames = false } = story;
  const { observeDrive } = await import('../drive/observe-drive.js');
  // A log of another run would tell of another run's addresses.
  await rm(logFile, { force: true });
  const { path, flags } = scenario.server;
  const server = await startServer(target, { exe, path, flags, port: 0, pprofPort: 0, logFile }, signal);
  await using process = server.process;
  const [driver] = loadDrivers;
  if (driver === undefined) throw new LabError('there is no load driver', { code: 'internal' });
  const { url, pprofUrl, identity } = server;
  const { drive, symptom } = scenario;
  const { outcome } = await heavy('load', () =>
    observeDrive({ target, process, url, pprofUrl, driver, drive, symptom, anyNames }, emit, signal),
  );
  const done = await then({ process, pid: identity.pid, pprofUrl, outcome });
  // What hangs does not end by itself.
  await process.kill('SIGKILL');
  return done;
}

/** Throws `undecided` where the fault did not show. */
export function toldOtherwise({ why }: Pick<HangOutcome, 'why'>, blind: boolean): LabError {
  const what = 'the program of this exercise did not do as it should';
  return new LabError(blind ? what : `${what}: ${why}`, {
    code: 'undecided',
    hint: 'look whether the machine is busy, then prepare the step again',
  });
}
