import { readdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import prettyBytes from 'pretty-bytes';
import { z } from 'zod';
import { coreIn, diagnosisOf } from '../core-here.js';
import { met, notYet } from '../place.js';
import { check, word } from '../word.js';

/** `core-exists`: a whole core that a process running this very executable left. */
export const coreExists = word('core-exists', z.strictObject({}), () =>
  check({
    lane: 'core',
    async look(place) {
      const here = await coreIn(place);
      if (here.kind === 'none') return notYet(here.why);
      // What the answers of later steps are judged by takes a moment; nobody waits for it here.
      diagnosisOf(place).catch(() => {});
      const { size, blocks } = await stat(here.core);
      return met(
        `${here.file} is whole and belongs to ${here.exe}: ${prettyBytes(size)}, ${prettyBytes(blocks * 512)} of them on disk`,
      );
    },
    async reset({ folder }) {
      const cores = (await readdir(folder)).filter((name) => /^core(?:\.\d+)?$/.test(name));
      for (const name of cores) await rm(join(folder, name), { force: true });
    },
  }),
);
