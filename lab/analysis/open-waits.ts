import { isLibraryFunction } from '../source/library-paths.js';
import { foldAlike } from './alike-knots.js';
import { channelOf, countOf, goroutinesOf, listed, type RuleInput } from './rules/rule.js';
import type { Cell } from './snapshot.js';
import { deadlockedCells, findKnots, type Knot, type Releaser, type WaitForGraph } from './wait-for-graph.js';

/** So many in a queue are no accident of the moment. */
const many = 10;
const maxLines = 3;
const maxReasons = 2;

/**
 * Queues that nobody on any stack will serve, which do not count as deadlocked only because code that is on no stack
 * may come: one line for each of the longest, so that silence about them is not taken for health. Idle receivers
 * are no queue.
 */
export function openWaits(input: RuleInput, claimed: ReadonlySet<Cell>): string[] {
  const { graph } = input;
  const stuck = deadlockedCells(graph, 'all');
  const closed: WaitForGraph = {
    ...graph,
    releasers: new Map(
      [...graph.releasers].map(([object, releasers]) => [object, releasers.filter((r) => !comesFromAfar(r))]),
    ),
  };
  const knots = findKnots(closed, deadlockedCells(closed, 'all')).filter(
    ({ cells }) => !cells.some((cell) => stuck.has(cell.key) || claimed.has(cell)),
  );
  return foldAlike(knots)
    .map((knot) => ({ knot, queue: queueOf(knot), why: reasonsFor(knot, graph) }))
    .filter(({ queue, why }) => why.length > 0 && countOf(queue) >= many)
    .sort((a, b) => countOf(b.queue) - countOf(a.queue))
    .slice(0, maxLines)
    .map(({ knot, queue, why }) => textOf(knot, queue, why, input));
}

const comesFromAfar = (releaser: Releaser) => releaser.kind === 'open' && !releaser.blind;

/** Those who wait to send or for a lock: others may have nothing to do. */
function queueOf({ cells, victims, starved }: Knot): readonly Cell[] {
  return [...new Set([...cells, ...victims, ...starved])].filter(({ wait }) => {
    if (wait.kind === 'sync') return wait.mode === 'lock' || wait.mode === 'rlock' || wait.mode === 'drain';
    return wait.kind === 'channel' && wait.cases.some(({ direction }) => direction === 'send');
  });
}

function reasonsFor({ objects }: Knot, graph: WaitForGraph): readonly string[] {
  const all = objects.flatMap((object) => graph.releasers.get(object) ?? []);
  return [...new Set(all.flatMap((r) => (r.kind === 'open' && comesFromAfar(r) ? [r.why] : [])))];
}

function textOf(knot: Knot, queue: readonly Cell[], why: readonly string[], input: RuleInput): string {
  const open = knot.objects.filter((object) => (input.graph.releasers.get(object) ?? []).some(comesFromAfar));
  const names = listed(open.map((object) => input.nameOf(channelOf(object))));
  const [first] = knot.cells;
  const at =
    first?.signature.frames.find((frame) => !isLibraryFunction(frame)) ?? first?.signature.userLocation;
  const place = at === undefined ? '' : ` (${at.function}, ${at.file}:${at.line})`;
  const more = why.length > maxReasons ? `; and ${why.length - maxReasons} more` : '';
  return (
    `${goroutinesOf(queue)} wait behind ${names}${place}, and no goroutine was seen that will serve it. ` +
    `They are not counted as deadlocked, as code that is on no stack may still come: ${why.slice(0, maxReasons).join('; ')}${more}.`
  );
}
