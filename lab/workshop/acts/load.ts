import { join } from 'node:path';
import { z } from 'zod';
import { pause } from '../../deadline.js';
import { LabError } from '../../errors.js';
import { hasFault } from '../../hang/outcome.js';
import { loadDrivers } from '../../load/index.js';
import { exeName } from '../core-here.js';
import { type Place, urlOf } from '../place.js';
import { processesOf } from '../processes.js';
import { word } from '../word.js';

const countEveryMs = 500;

/** `load`: the lab does to the participant's running server what the scenario says, until its fault shows. */
export const load = word('load', z.strictObject({}), () => ({
  async run(place: Place) {
    const { observeDrive } = await import('../../drive/observe-drive.js');
    const { target, scenario, ports, emit, signal } = place;
    const [found] = await processesOf(join(place.folder, exeName));
    const process = found && (await target.attach(found, signal));
    if (process === undefined) {
      throw new LabError('your server does not run', { code: 'usage', hint: 'do the step before this one' });
    }
    const [driver] = loadDrivers;
    if (driver === undefined) throw new LabError('there is no load driver', { code: 'internal' });
    const counting = new AbortController();
    const counted = countGoroutines(place, AbortSignal.any([signal, counting.signal]));
    try {
      const { outcome } = await observeDrive(
        {
          ...{ target, process, driver, url: urlOf(place) },
          ...{
            pprofUrl: `http://127.0.0.1:${ports.pprof}`,
            drive: scenario.drive,
            symptom: scenario.symptom,
          },
        },
        emit,
        signal,
      );
      if (hasFault(outcome)) return;
      throw new LabError(`the server bore the load: ${outcome.why}`, {
        code: 'undecided',
        hint: 'put the load on once more',
      });
    } finally {
      counting.abort();
      await counted;
    }
  },
}));

/** Tells the page how many goroutines there are, as far as the server answers. */
async function countGoroutines({ ports, tell }: Place, signal: AbortSignal): Promise<void> {
  const url = `http://127.0.0.1:${ports.pprof}/debug/pprof/goroutine?debug=1`;
  const { request } = await import('undici');
  while (!signal.aborted) {
    try {
      const { body } = await request(url, {
        reset: true,
        signal: AbortSignal.any([signal, AbortSignal.timeout(1_000)]),
      });
      const count = /^goroutine profile: total (\d+)/.exec(await body.text())?.[1];
      if (count !== undefined) tell({ type: 'goroutines', at: Date.now(), count: Number(count) });
    } catch {
      // A server that does not answer is what is waited for.
    }
    await pause(countEveryMs, signal).catch(() => {});
  }
}
