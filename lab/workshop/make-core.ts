import { captureBundle } from '../capture/capture.js';
import { gcore } from '../capture/gcore.js';
import { LabError } from '../errors.js';
import { hasFault, hasSurvived } from '../hang/outcome.js';
import { loadDrivers } from '../load/index.js';
import { startServer } from '../server/start.js';
import type { Place } from './place.js';

export interface CoreRequest extends Pick<Place, 'target' | 'scenario' | 'emit' | 'signal'> {
  readonly exe: string;
  /** Folder of this machine for `core.<pid>`, a copy of the executable, and the log; it exists. */
  readonly dir: string;
  readonly fixed: boolean;
}

/**
 * Runs a scenario's program through its story and takes a core of it; returns the core's path. The server is gone
 * afterwards. Throws `undecided` when the story went otherwise.
 */
export async function makeCore({
  target,
  scenario,
  exe,
  dir,
  fixed,
  emit,
  signal,
}: CoreRequest): Promise<string> {
  const { observeDrive } = await import('../drive/observe-drive.js');
  const { path, flags } = scenario.server;
  const log = `${dir}/server.log`;
  const server = await startServer(target, { exe, path, flags, port: 0, pprofPort: 0, logFile: log }, signal);
  await using process = server.process;
  const [driver] = loadDrivers;
  if (driver === undefined) throw new LabError('there is no load driver', { code: 'internal' });
  const { url, pprofUrl } = server;
  const { drive, symptom } = scenario;
  const { outcome } = await observeDrive(
    { target, process, url, pprofUrl, driver, drive, symptom },
    emit,
    signal,
  );
  if (fixed ? !hasSurvived(outcome) : !hasFault(outcome)) {
    throw new LabError(`the program of this exercise did not do as it should: ${outcome.why}`, {
      code: 'undecided',
      hint: 'look whether the machine is busy, then prepare the step again',
    });
  }
  const bundle = await captureBundle({ target, pid: server.identity.pid, method: gcore, dir }, emit, signal);
  // What hangs does not end by itself.
  await process.kill('SIGKILL');
  return bundle.core;
}
