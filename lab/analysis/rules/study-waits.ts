import type { Sources } from '../../source/sources.js';
import { foldAlike } from '../graph/group-knots.js';
import {
  channelOf,
  deadlockedCells,
  findKnots,
  type Knot,
  objectsOf,
  peersOf,
  type WaitForGraph,
} from '../graph/wait-for-graph.js';
import type { Locators } from '../model/locator.js';
import type { Cell, Snapshot } from '../model/snapshot.js';
import { stacksOf } from '../model/source-stacks.js';
import { objectNames } from '../releasers/names.js';
import { searchAll } from '../releasers/study.js';
import type { RuleInput } from './rule.js';

export interface Study {
  readonly input: RuleInput;
}

/** Finds the releasers of all that is waited for, and the sets that nobody can wake. */
export async function studyWaits(
  snapshot: Snapshot,
  sources: Sources,
  locators: Locators,
  /** Whether a timer may still run code when every goroutine waits; asked only then. */
  timersPending: () => Promise<boolean>,
  signal: AbortSignal,
  /** Keeps what memory proves apart from what is alike and only likely: for programs where the likely decides nothing. */
  { proofsApart = false }: { readonly proofsApart?: boolean } = {},
): Promise<Study> {
  const cells = snapshot.cells.filter((cell) => !cell.signature.system);
  const { byObject: searches, receivedFrom } = await searchAll(snapshot, sources, locators, signal);
  const graph: WaitForGraph = {
    cells,
    channels: snapshot.channels,
    syncObjects: snapshot.syncObjects,
    releasers: new Map([...searches].map(([object, search]) => [object, search.releasers])),
    unreached: unreachedCells(cells, snapshot.reached),
    timersPending: cells.some(({ wait }) => wait.kind === 'live') ? undefined : await timersPending(),
  };
  // Without what memory alone proves: a rule that tells its story from the sources needs them to be complete.
  const bySource = deadlockedCells({ ...graph, unreached: undefined }, 'all');
  const stuck = deadlockedCells(graph, 'all');
  const suspected = deadlockedCells(graph, 'certain');
  const knots = findKnots(graph, stuck);
  const explained = (knot: Knot) => knot.cells.every((cell) => bySource.has(cell.key));
  const input: RuleInput = {
    snapshot,
    graph,
    searches,
    knots: foldAlike(knots.filter(explained), (knot) => proofsApart && isLost(knot, graph)),
    unreachedKnots: foldAlike(knots.filter((knot) => !explained(knot))),
    suspectedKnots: findKnots(graph, suspected).filter(
      (knot) => !knot.cells.some((cell) => stuck.has(cell.key)) && isEvaluatedCycle(knot, graph),
    ),
    someoneRuns: graph.timersPending === true || cells.some((cell) => !stuck.has(cell.key)),
    isLibrary: libraryFiles(snapshot, sources),
    receivedFrom,
    nameOf: objectNames(searches, cells),
  };
  return { input };
}

/** Whether a file that a frame stands in belongs to Go's own library. */
function libraryFiles(snapshot: Snapshot, sources: Sources): (file: string) => boolean {
  const files = new Map<string, boolean>();
  for (const [stack, { frames }] of stacksOf(snapshot).entries()) {
    for (const [i, { file }] of frames.entries()) {
      if (!files.has(file)) files.set(file, sources.frame(stack, i).library);
    }
  }
  return (file) => files.get(file) === true;
}

/** Those of which every object that they wait for is out of reach of whatever can still run. */
function unreachedCells(cells: readonly Cell[], reached: Snapshot['reached']): ReadonlySet<string> {
  const lost = cells.filter((cell) => {
    if (cell.signature.leaked === true) return true;
    if (reached === undefined) return false;
    const objects = objectsOf(cell);
    return objects.length > 0 && objects.every((object) => !reached.reaches(channelOf(object)));
  });
  return new Set(lost.map((cell) => cell.key));
}

/** Every object of the knot has a releaser in it that was seen in a frame: a cycle, not merely silence. */
function isEvaluatedCycle(knot: Knot, graph: WaitForGraph): boolean {
  const members = new Set(knot.cells.map((cell) => cell.key));
  return (
    knot.objects.length > 0 &&
    knot.objects.every((object) =>
      peersOf(object, graph.releasers.get(object) ?? []).some((r) => r.certain && members.has(r.cell)),
    )
  );
}

/** Nothing alive reaches any object that its goroutines wait for. */
export function isLost({ cells }: Knot, { unreached }: WaitForGraph): boolean {
  return cells.every((cell) => unreached?.has(cell.key));
}
