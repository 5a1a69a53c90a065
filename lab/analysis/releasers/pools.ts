import type { Releaser } from '../graph/releaser.js';
import type { Pool } from '../model/pool.js';
import type { ReleaserSearch } from './search.js';

/**
 * Who ends a wait for a unit of a pool: whoever has one, as memory shows it. The sources would say that any code may give
 * one back, which only those can do who have one.
 */
export const resourceSearch = (pool: Pool): ReleaserSearch => ({
  ...{ releasers: releasersOf(pool), operations: [], name: nameOf(pool), pool },
});

/** What is waited for, as a person would look for it. */
const nameOf = ({ type }: Pool) => (type === 'sql.DB' ? `${type}.connRequests` : type);

function releasersOf({ units, unit, open, type }: Pool): readonly Releaser[] {
  const out: Releaser[] = [];
  // One that is being made is counted before it is there; what looks like one too many may be any.
  if (units.length !== open) {
    const why = `${open} ${unit}s are open, and ${units.length} were found in use`;
    out.push({ kind: 'open', why, blind: false });
  }
  for (const why of new Set(units.flatMap(({ endedBy }) => endedBy ?? [])))
    out.push({ kind: 'open', why, blind: false });
  for (const { holders, elsewhere, handle } of units) {
    if (elsewhere) {
      const what = handle === undefined ? `a ${unit}` : `an open ${handle.type} with a ${unit}`;
      const why = `something else that is alive leads to ${what} of ${type}`;
      out.push({ kind: 'open', why, blind: false });
    }
    for (const { bucket, goroutine, frame, takenAt } of holders) {
      const { function: name, index } = frame;
      const { file, line } = takenAt ?? frame;
      out.push({
        ...{ kind: 'bucket', bucket, certain: true, holds: true },
        how: {
          ...{ operation: 'give-back', expression: handle?.type ?? unit, file, line },
          ...{ goroutine, frame: index, function: name },
          ...(takenAt === undefined ? {} : { place: 'taken' as const }),
          ...(handle === undefined ? {} : { givenBackBy: handle.givenBackBy }),
        },
      });
    }
  }
  return out;
}
