import { functionAround } from './functions.js';
import type { Node } from './parser.js';
import type { Program } from './program.js';
import { referencesTo } from './references.js';
import { destinationOf } from './results.js';

/**
 * The variables and fields that callers set to what a function returns at a position, through callers that pass it
 * on; `undefined` when some caller does something else with it, or may be out of sight.
 */
export function placesOfResult(
  node: Node,
  index: number,
  file: string,
  program: Program,
): readonly { readonly node: Node; readonly file: string }[] | undefined {
  const places: { node: Node; file: string }[] = [];
  const seen = new Set<string>();

  function callersOf(at: Node, where: string): boolean {
    const fn = functionAround(at, where);
    if (fn === undefined || fn.kind === 'literal') return false;
    const key = `${fn.file}#${fn.node.startIndex}`;
    if (seen.has(key)) return true;
    seen.add(key);
    const { sites, foreign } = referencesTo(fn, program);
    return (
      foreign === undefined && sites.every(({ call, file: caller }) => call !== undefined && go(call, caller))
    );
  }

  function go(call: Node, where: string): boolean {
    const to = destinationOf({ call, index });
    if (to.kind === 'place') places.push({ node: to.node, file: where });
    if (to.kind === 'returned') return callersOf(call, where);
    return to.kind !== 'unknown';
  }

  return callersOf(node, file) ? places : undefined;
}
