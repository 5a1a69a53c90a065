import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { poll } from '../../deadline.js';
import { LabError } from '../../errors.js';
import { hasFault } from '../../hang/outcome.js';
import { requireBuilt } from '../build-here.js';
import { dumpName, exeName } from '../core-here.js';
import type { Place } from '../place.js';
import { playStory, toldOtherwise } from '../story.js';
import { word } from '../word.js';
import { writeSources } from './sources.js';

const printedMs = 10_000;

/**
 * `dump`: sources, and the log of a process that SIGQUIT ended when the fault had shown. No core, no executable: these
 * were not kept.
 */
export const dump = word('dump', z.strictObject({}), () => ({
  async run(place: Place) {
    await writeSources(place);
    const { folder, vault, blind, signal } = place;
    const [exe, log] = [join(vault, exeName), join(vault, 'server.log')];
    await requireBuilt(place, exe);
    await playStory({ ...place, exe, logFile: log }, async ({ process, outcome }) => {
      if (!hasFault(outcome)) throw toldOtherwise(outcome, blind);
      await process.kill('SIGQUIT');
      const ended = await poll(() => process.exit(), {
        ...{ signal, deadlineMs: printedMs, everyMs: 50 },
      });
      if (ended === undefined) throw new LabError('SIGQUIT did not end the program', { code: 'undecided' });
    });
    await writeFile(join(folder, dumpName), await readFile(log));
  },
}));
