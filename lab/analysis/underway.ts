import { functionKey, type GoFunction } from '../source/functions.js';
import { endLineOf, lineOf, type Node } from '../source/parser.js';
import type { Program } from '../source/program.js';
import { calleesOf } from '../source/references.js';
import { type Activation, functionOfFrame } from './frame-functions.js';

/** Whatever lets a statement run again, or later than where it is written. */
const again = new Set(['for_statement', 'defer_statement', 'go_statement', 'func_literal']);

/**
 * Whether a frame stands in the call at `site`, or in one that has `site` among its arguments, and will not come to
 * it again: what may still happen inside is told by the frame of the function that was called.
 */
export function isUnderway(
  site: Node,
  within: GoFunction,
  { cell, frame }: Activation,
  program: Program,
): boolean {
  const { frames } = cell.signature;
  const inner = frames[frames.indexOf(frame) - 1];
  const running = inner === undefined ? undefined : functionOfFrame(inner, program);
  if (running === undefined || running.kind === 'literal') return false;
  let call: Node | undefined;
  for (let at = site.parent; at !== null && at.id !== within.node.id; at = at.parent) {
    if (again.has(at.type)) return false;
    const isIt =
      at.type === 'call_expression' &&
      lineOf(at) <= frame.line &&
      endLineOf(at) >= frame.line &&
      calleesOf(at, within.file, program).some((fn) => functionKey(fn) === functionKey(running));
    if (isIt) call ??= at;
  }
  if (call === undefined || within.node.descendantsOfType(['goto_statement']).length > 0) return false;
  // `f(f(1))`: which of them it is, a line does not tell.
  const [from, to] = [lineOf(call), endLineOf(call)];
  const names = within.node
    .descendantsOfType(['identifier', 'field_identifier'])
    .filter(({ text }) => text === running.name)
    .filter((name) => lineOf(name) <= to && lineOf(name) >= from);
  return names.length === 1;
}
