import { analyzeCore } from '../../analysis/analyze-core.js';
import type { Diagnosis } from '../../analysis/model/diagnosis.js';
import type { Roster } from '../../analysis/model/roster.js';
import { compareLooks } from '../../compare/compare.js';
import type { Comparison, Look } from '../../compare/model.js';
import type { Emit } from '../../events.js';
import { withPatience } from '../progress.js';
import type { LiveProcess } from './live.js';

/** The last look at a process, as it was diagnosed. */
export interface LastLook {
  readonly diagnosis: Diagnosis;
  readonly roster: Roster | undefined;
}

/** Who has not moved between the looks. Of the earlier ones the stacks and waits are enough: no sources are read. */
export async function compareLive(
  { cores, bundle }: LiveProcess,
  last: LastLook,
  emit: Emit,
  signal: AbortSignal,
): Promise<Comparison> {
  const looks: Look[] = [];
  for (const [i, { path, takenAt: time }] of cores.entries()) {
    const name = `look ${i + 1}`;
    if (i === cores.length - 1) {
      looks.push({ name, kind: 'core', time, ...last });
      continue;
    }
    let roster: Roster | undefined;
    const files = {
      ...{ exe: bundle.exe, core: path, sourceMap: [], noSource: true },
      onRoster: (read: Roster) => {
        roster = read;
      },
    };
    const diagnosis = await withPatience(emit, { stage: 'analyze', text: name }, () =>
      analyzeCore(files, emit, signal),
    );
    looks.push({ name, kind: 'core', time, diagnosis, roster, isLight: true });
  }
  return compareLooks(looks);
}
