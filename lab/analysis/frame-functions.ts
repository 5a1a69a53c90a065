import { functionKey, functionsAtLine, type GoFunction } from '../source/functions.js';
import type { Program } from '../source/program.js';
import type { Cell, Frame } from './snapshot.js';

/** Names the compiler gives to literals and to the wrappers that it makes for `go` and `defer`. */
const literalName = /\.(?:func\d+|gowrap\d+|deferwrap\d+|init\.\d+\.func\d+)(?:[.·-]\w+)*$/;

/**
 * The function in the source that a frame runs; `undefined` for wrappers, for files that are not here, and for
 * files that have changed since: the function of that line must bear the frame's name.
 */
export function functionOfFrame(frame: Frame, program: Program): GoFunction | undefined {
  const file = program.parse(frame.file);
  if (file === undefined) return undefined;
  const found = functionsAtLine(file.root, file.path, frame.line);
  if (literalName.test(frame.function)) return found.find((fn) => fn.kind === 'literal');
  const bare = bareName(frame.function);
  return found.find((fn) => fn.kind !== 'literal' && fn.name === bare);
}

/** `run` of `main.(*Queue[...]).run` and of `main.(*Queue).run-range1`. */
function bareName(name: string): string {
  return name
    .replace(/\[[^\]]*\]/g, '')
    .replace(/(?:-range\d+)+$/, '')
    .replace(/^.*\./, '');
}

/** Every frame on any stack, by the function that it runs. Goroutines of the runtime are left out. */
export interface Activations {
  of(fn: GoFunction): readonly Activation[];
}

export interface Activation {
  readonly cell: Cell;
  readonly frame: Frame;
}

/** Only files outside the library are looked at: what is asked for are functions of the program itself. */
export function indexActivations(cells: readonly Cell[], program: Program): Activations {
  const index = new Map<string, Activation[]>();
  const known = new Map<string, string | undefined>();
  for (const cell of cells) {
    if (cell.signature.system) continue;
    for (const frame of cell.signature.frames) {
      if (program.isLibrary(frame.file)) continue;
      const place = `${frame.function} ${frame.file}:${frame.line}`;
      if (!known.has(place)) {
        const fn = functionOfFrame(frame, program);
        known.set(place, fn === undefined ? undefined : functionKey(fn));
      }
      const key = known.get(place);
      if (key === undefined) continue;
      const list = index.get(key);
      if (list === undefined) index.set(key, [{ cell, frame }]);
      else list.push({ cell, frame });
    }
  }
  return { of: (fn) => index.get(functionKey(fn)) ?? [] };
}
