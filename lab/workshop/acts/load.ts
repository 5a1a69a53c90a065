import { join } from 'node:path';
import { z } from 'zod';
import { LabError } from '../../errors.js';
import { hasFault } from '../../hang/outcome.js';
import { loadDrivers } from '../../load/index.js';
import { exeName } from '../core-here.js';
import { type Place, urlOf } from '../place.js';
import { processesOf } from '../processes.js';
import { word } from '../word.js';

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
    const { outcome } = await place.heavy('load', () =>
      observeDrive(
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
      ),
    );
    if (hasFault(outcome)) return;
    throw new LabError(`the server bore the load: ${outcome.why}`, {
      code: 'undecided',
      hint: 'put the load on once more',
    });
  },
}));
