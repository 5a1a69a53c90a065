import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import { scenarioNamed } from '../../config.js';
import { writeJson } from '../../json-file.js';
import { buildServer } from '../../server/build.js';
import { requireGo } from '../../toolchain/index.js';
import { makeCore } from '../make-core.js';
import type { Place } from '../place.js';
import { word } from '../word.js';
import { writeSources } from './sources.js';

export const casesFolder = 'cases';
export const expectationsFile = 'expectations.json';

const one = z.strictObject({
  scenario: z.string().transform(scenarioNamed),
  fixed: z.boolean().default(false),
  expect: z.enum(['accuse', 'spare']),
});

/** `cases`: what was read of several programs' cores, on which a rule can be tried. The cores are not kept. */
export const cases = word('cases', z.strictObject({ of: z.array(one).min(2) }), ({ of }) => ({
  async run(place: Place) {
    await writeSources(place);
    await rm(join(place.folder, casesFolder), { recursive: true, force: true });
    await mkdir(join(place.folder, casesFolder));
    const expected: Record<string, 'accuse' | 'spare'> = {};
    for (const { scenario, fixed, expect } of of) {
      const name = `${scenario.name}-${fixed ? 'repaired' : 'as-is'}.json`;
      place.tell({ type: 'note', text: `${scenario.name}: a core is taken and read` });
      await writeJson(
        join(place.folder, casesFolder, name),
        caseOf(await diagnose({ ...place, scenario }, fixed)),
      );
      expected[name] = expect;
    }
    await writeJson(join(place.vault, expectationsFile), expected);
  },
}));

async function diagnose(place: Place, fixed: boolean): Promise<Diagnosis> {
  const { target, scenario, vault, emit, signal } = place;
  const go = await requireGo(target, signal);
  const built = await place.heavy('work', () =>
    buildServer(target, go, scenario, { build: 'default', fixed }, signal),
  );
  const dir = await mkdtemp(join(vault, 'case-'));
  try {
    const { analyzeCore } = await import('../../analysis/analyze-core.js');
    const core = await makeCore({ ...place, exe: built.exe, dir, fixed });
    return await place.heavy('work', () => analyzeCore({ exe: built.exe, core }, emit, signal));
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

/** What memory says, without what the lab concludes from it. */
function caseOf({ groups, process }: Diagnosis) {
  return {
    goroutines: process.goroutines.total,
    groups: groups.map(({ count, waitReason, userLocation, startLocation, goStatementLocation, stack }) => ({
      count,
      waitReason,
      at: userLocation,
      start: startLocation.function,
      createdBy: goStatementLocation.function,
      functions: stack.map((frame) => frame.function),
    })),
  };
}
