import { readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { buildFlavours } from '../../config.js';
import { LabError } from '../../errors.js';
import { quoteWord } from '../../quote-word.js';
import { goEnvironment, requireGo } from '../../toolchain/index.js';
import { coreIn, exeName } from '../core-here.js';
import { makeCore } from '../make-core.js';
import type { Place } from '../place.js';
import { word } from '../word.js';
import { writeSources } from './sources.js';

/** `core`: sources, the executable, and a core of it that was taken when the fault had shown. */
export const core = word('core', z.strictObject({}), () => ({
  async run(place: Place) {
    await writeSources(place);
    const { folder, target, signal } = place;
    const exe = join(folder, exeName);
    for (const name of await readdir(folder)) if (/^core\.\d+$/.test(name)) await rm(join(folder, name));
    await build(place, exe);
    await makeCore({ ...place, target, exe, dir: folder, fixed: false });
    const here = await coreIn({ folder, signal });
    if (here.kind === 'none') throw new LabError(here.why, { code: 'internal' });
    await rm(join(folder, 'server.log'), { force: true });
  },
}));

async function build(
  { folder, scenario, build: flavour, target, signal }: Place,
  exe: string,
): Promise<void> {
  const go = await requireGo(target, signal);
  const argv = [
    go.path,
    'build',
    '-buildvcs=false',
    ...buildFlavours[flavour],
    '-o',
    exe,
    `./${scenario.package}`,
  ];
  const env = { CGO_ENABLED: '0', ...goEnvironment, GOWORK: 'off' };
  const { exitCode, stderr } = await target.exec(argv, { signal, cwd: folder, env });
  if (exitCode === 0) return;
  throw new LabError(`go build failed: ${stderr.trim()}`, {
    code: 'build-failed',
    hint: `try it alone: cd ${quoteWord(folder)} && go build ./${scenario.package}`,
  });
}
