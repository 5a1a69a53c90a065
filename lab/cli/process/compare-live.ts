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

/** All looks at a process but the last one: their stacks and waits are enough, and no sources are read. */
export async function earlierLooks(
  { cores, bundle }: LiveProcess,
  emit: Emit,
  signal: AbortSignal,
): Promise<readonly Look[]> {
  const looks: Look[] = [];
  for (const [i, { path, takenAt: time }] of cores.slice(0, -1).entries()) {
    const name = `look ${i + 1}`;
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
  return looks;
}

/** Who has not moved between the looks. */
export function compareLive({ cores }: LiveProcess, earlier: readonly Look[], last: LastLook): Comparison {
  const time = cores.at(-1)?.takenAt;
  return compareLooks([...earlier, { name: `look ${cores.length}`, kind: 'core', time, ...last }]);
}
