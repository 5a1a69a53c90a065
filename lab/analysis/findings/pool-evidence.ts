import type { ReleaseEvidence } from '../graph/releaser.js';
import { numbered } from '../model/counts.js';
import type { Pool } from '../model/pool.js';
import { hex } from '../model/snapshot.js';
import type { ReleaserSearch } from '../releasers/search.js';

/** Who has a unit of a pool, or will give one back. */
export function unitHeldText(how: ReleaseEvidence): string {
  const { goroutine, function: name, frame, expression: what, file, line, place, givenBackBy } = how;
  const who = `Goroutine ${goroutine} is in ${name} (frame ${frame})`;
  const back = givenBackBy === undefined ? '' : `; ${givenBackBy} gives it back`;
  switch (place) {
    case 'taken':
      return `${who}, where it took the ${what} at ${file}:${line} and has it still${back}`;
    case 'given back':
      return `${who}, ahead of ${file}:${line}, where it gives a ${what} back`;
    default:
      return `${who} at ${file}:${line}: its stack has the pointer to a ${what}${back}`;
  }
}

/** What memory says of the pool itself, and of who else could give something back. */
export function poolText(pool: Pool): string {
  const { kind, type, address, unit, limit, open, waiting, units, limitedBy, asking = waiting.size } = pool;
  const waits = numbered(asking, 'goroutine waits', 'goroutines wait');
  const state = `${type} at ${hex(address)} has ${open} of ${numbered(limit, unit, `${unit}s`)} in use (${limitedBy}); ${waits} for more`;
  if (kind === 'semaphore') return state;
  const held = units.filter(({ holders }) => holders.length > 0).length;
  const elsewhere = units.filter((one) => one.elsewhere).length;
  const lost = units.filter((one) => !one.elsewhere && one.holders.length === 0).length;
  const parts = [
    ...(held > 0 ? [`stacks have the pointers to ${held}`] : []),
    ...(lost > 0 ? [`nothing alive leads to ${lost}`] : []),
    elsewhere > 0 ? `something else that is alive leads to ${elsewhere}` : 'nothing else alive leads to any',
  ];
  const undecided = elsewhere > 0 ? '. Not excluded: whatever leads to those gives them back' : '';
  return `${state}. Of those in use, ${parts.join(', ')}${undecided}`;
}

/** What gives back in the sources, and whether anybody else could come to it. */
export function poolSearchText({ type, unit }: Pool, { operations, releasers }: ReleaserSearch): string {
  const places = operations
    .filter(({ kind }) => kind === 'runlock')
    .slice(0, 8)
    .map(({ file, line, expression }) => `${file}:${line} (${expression})`);
  const open = releasers.flatMap((releaser) => (releaser.kind === 'open' ? [releaser.why] : []));
  const rest =
    open.length === 0
      ? 'No goroutine outside this set has one, or gives one back for others'
      : `Not excluded: ${open.join('; ')}`;
  return `What gives a ${unit} of ${type} back in the program's sources: ${places.join(', ') || 'nothing'}. ${rest}`;
}
