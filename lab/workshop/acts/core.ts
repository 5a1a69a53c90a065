import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { LabError } from '../../errors.js';
import { requireBuilt } from '../build-here.js';
import { coreIn, exeName } from '../core-here.js';
import { makeCore } from '../make-core.js';
import type { Place } from '../place.js';
import { word } from '../word.js';
import { layOut } from './lay-out.js';
import { writeSources } from './sources.js';

/** `core`: sources, the executable, and a core of it that was taken when the fault had shown. */
export const core = word('core', z.strictObject({}), () => ({
  async run(place: Place) {
    if (place.kept !== undefined) return await layOut(place, place.kept);
    await writeSources(place);
    const { folder, signal } = place;
    const exe = join(folder, exeName);
    for (const name of await readdir(folder)) if (/^core\.\d+$/.test(name)) await rm(join(folder, name));
    await requireBuilt(place, exe);
    await makeCore({ ...place, exe, dir: folder, fixed: false });
    const here = await coreIn({ folder, signal });
    if (here.kind === 'none') throw new LabError(here.why, { code: 'internal' });
    await rm(join(folder, 'server.log'), { force: true });
  },
}));
