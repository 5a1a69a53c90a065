import { captureBundle } from '../capture/capture.js';
import { gcore } from '../capture/gcore.js';
import { hasFault, hasSurvived } from '../hang/outcome.js';
import type { Place } from './place.js';
import { playStory, toldOtherwise } from './story.js';

export interface CoreRequest
  extends Pick<Place, 'target' | 'scenario' | 'blind' | 'emit' | 'signal' | 'heavy'> {
  readonly exe: string;
  /** Folder of this machine for `core.<pid>`, a copy of the executable, and the log; it exists. */
  readonly dir: string;
  readonly fixed: boolean;
}

/**
 * Runs a scenario's program through its story and takes a core of it; returns the core's path. The server is gone
 * afterwards. Throws `undecided` when the story went otherwise.
 */
export async function makeCore(request: CoreRequest): Promise<string> {
  const { target, dir, fixed, blind, emit, signal, heavy } = request;
  return await playStory({ ...request, logFile: `${dir}/server.log` }, async ({ pid, outcome }) => {
    if (fixed ? !hasSurvived(outcome) : !hasFault(outcome)) throw toldOtherwise(outcome, blind);
    const taken = () => captureBundle({ target, pid, method: gcore, dir }, emit, signal);
    return (await heavy('core', taken)).core;
  });
}
