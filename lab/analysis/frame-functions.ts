import { functionAround, functionKey, functionsAtLine, type GoFunction } from '../source/functions.js';
import { childrenOf, endLineOf, lineOf } from '../source/parser.js';
import type { Program } from '../source/program.js';
import { calleesOf } from '../source/references.js';
import { withoutTypeArguments } from '../source/type-arguments.js';
import type { Cell, Frame } from './snapshot.js';

/** Names the compiler gives to literals and to the wrappers that it makes for `go` and `defer`. */
const literalName = /\.(?:func\d+|gowrap\d+|deferwrap\d+|init\.\d+\.func\d+)(?:[.·-]\w+)*$/;

/**
 * The function in the source that a frame runs; `undefined` for wrappers, for files that are not here, and for
 * files that have changed since: the function of that line must bear the frame's name.
 */
export function functionOfFrame(frame: Frame, program: Program): GoFunction | undefined {
  const known = functionsOfFrames.get(program) ?? new Map<string, GoFunction | undefined>();
  functionsOfFrames.set(program, known);
  const key = `${frame.function} ${frame.file}:${frame.line}`;
  if (!known.has(key)) known.set(key, findFunction(frame, program));
  return known.get(key);
}

/** Thousands of goroutines stand at a few places. */
const functionsOfFrames = new WeakMap<Program, Map<string, GoFunction | undefined>>();

function findFunction(frame: Frame, program: Program): GoFunction | undefined {
  const file = program.parse(frame.file);
  if (file === undefined) return undefined;
  const found = functionsAtLine(file.root, file.path, frame.line);
  const plain = withoutTypeArguments(frame.function);
  if (literalName.test(plain)) {
    const literals = found.filter((fn) => fn.kind === 'literal');
    // `f.func1.2` is a literal within a literal: a line may hold the ends of several.
    const nested = /\.func\d+((?:\.\d+)*)$/.exec(plain)?.[1];
    if (literals.length < 2 || nested === undefined) return literals[0];
    const depth = nested.split('.').length;
    return literals.find((_, at) => literals.length - at === depth) ?? literals[0];
  }
  const bare = bareName(frame.function);
  return found.find((fn) => fn.kind !== 'literal' && fn.name === bare);
}

/** `run` of `main.(*Queue[...]).run` and of `main.(*Queue).run-range1`; `init` of `main.init.0`. */
function bareName(name: string): string {
  return withoutTypeArguments(name)
    .replace(/(?:-range\d+)+$/, '')
    .replace(/\.init\.\d+$/, '.init')
    .replace(/^.*\./, '');
}

/** A package's `init` functions, and what the compiler makes of the values of its variables. */
const initializer = /\.(?:map\.)?init(?:\.\d+)?$/;

/** What comes after an initializer: others, in an order that is not looked into, and `main`. */
function afterInitializer(program: Program): readonly GoFunction[] {
  const files = new Set([...program.filesWith('func init()'), ...program.filesWith('func main()')]);
  return [...files].flatMap(({ root, path }) =>
    root
      .descendantsOfType(['function_declaration'])
      .flatMap((node) => functionAround(node, path) ?? [])
      .filter(({ name }) => name === 'init' || name === 'main'),
  );
}

/** Every frame on any stack, by the function that it runs. Goroutines of the runtime are left out. */
export interface Activations {
  of(fn: GoFunction): readonly Activation[];
  /** Stacks of which some frame could not be told: their goroutines may do anything. */
  readonly unseen: readonly string[];
}

export interface Activation {
  readonly cell: Cell;
  readonly frame: Frame;
}

/** Only files outside the library are looked at: what is asked for are functions of the program itself. */
export function indexActivations(cells: readonly Cell[], program: Program): Activations {
  const index = new Map<string, Activation[]>();
  const unseen: string[] = [];
  const known = new Map<string, readonly GoFunction[] | undefined>();
  for (const cell of cells) {
    const { system, frames, partial } = cell.signature;
    if (system) continue;
    if (partial === true) unseen.push(`the stack of goroutine ${cell.ids[0]} could not be read to its end`);
    for (const [i, frame] of frames.entries()) {
      if (program.isLibrary(frame.file)) continue;
      const inner = frames[i - 1];
      if (inner?.inlined === true && !isTrueCall(frame, inner, program)) {
        unseen.push(`the line of ${frame.function}, ${frame.file}:${frame.line}, may be a wrong one`);
      }
      const place = `${frame.index === 0} ${frame.function} ${frame.file}:${frame.line}`;
      if (!known.has(place)) known.set(place, functionsRun(frame, program));
      const functions = known.get(place);
      if (functions === undefined) {
        unseen.push(`the source of ${frame.function} is not at ${frame.file}:${frame.line}`);
        continue;
      }
      for (const fn of functions) {
        const key = functionKey(fn);
        const starts = frame.file !== fn.file || frame.line < fn.line || frame.line > fn.endLine;
        const activation = { cell, frame: starts ? { ...frame, line: fn.line } : frame };
        const list = index.get(key);
        if (list === undefined) index.set(key, [activation]);
        else list.push(activation);
      }
    }
  }
  return { of: (fn) => index.get(functionKey(fn)) ?? [], unseen };
}

/** Whether a function made by the compiler leads to one of the library: `sync/atomic.StoreUintptr` to its assembly. */
function isOfLibrary(name: string, { libraryFiles }: Program): boolean {
  const path = /^(?:.*\/)?[^./]+/.exec(name)?.[0] ?? '';
  return path !== '' && libraryFiles.some((file) => file.includes(`/src/${path}/`));
}

/** Generated code may be recorded under the file that it was generated from: a grammar, a template. */
const isOtherLanguage = (file: string) =>
  file.startsWith('/') && !/\.(?:go|s|S|c|h|cc|cpp|cxx|hpp|m)$/.test(file);

/** Lines that cgo puts before the text of a file. */
const cgoHeader = 3;

/**
 * Whether a frame stands at the call of an inlined function. Up to Go 1.20 it does not in a file that imports C:
 * the compiler recorded lines of what cgo wrote, for such calls alone.
 */
function isTrueCall({ file, line }: Frame, inner: Frame, program: Program): boolean {
  const text = program.text(file);
  if (text === undefined || !/^import "C"/m.test(text)) return true;
  const lines = text.split('\n');
  const name = bareName(inner.function);
  const has = (at: number) => lines[at - 1]?.includes(name) === true;
  return literalName.test(inner.function) || (has(line) && !has(line - cgoHeader));
}

/**
 * The functions that a frame runs or is about to run; `undefined` when that cannot be told. A wrapper made for
 * `go x.f()` that has had no turn yet is all there is of the new goroutine.
 */
function functionsRun(frame: Frame, program: Program): readonly GoFunction[] | undefined {
  const own = functionOfFrame(frame, program);
  const file = program.parse(frame.file);
  if (file !== undefined && initializer.test(frame.function)) {
    const between = functionsAtLine(file.root, file.path, frame.line).length === 0;
    if (own?.name === 'init' || between) {
      const key = own === undefined ? '' : functionKey(own);
      const after = afterInitializer(program).filter((fn) => functionKey(fn) !== key);
      return own === undefined ? after : [own, ...after];
    }
  }
  if (own !== undefined) return [own];
  const innermost = frame.index === 0;
  // Files that are missing are told of elsewhere; what C and the compiler made has no source.
  if (file === undefined) {
    const made = innermost && frame.file === '<autogenerated>' && !isOfLibrary(frame.function, program);
    return made || isOtherLanguage(frame.file) ? undefined : [];
  }
  if (!literalName.test(withoutTypeArguments(frame.function))) return undefined;
  if (!innermost) return [];
  const started = file.root
    .descendantsOfType(['go_statement', 'defer_statement'])
    .filter((statement) => lineOf(statement) <= frame.line && endLineOf(statement) >= frame.line)
    .flatMap((statement) => childrenOf(statement).filter((child) => child.type === 'call_expression'))
    .flatMap((call) => calleesOf(call, file.path, program));
  return started.length === 0 ? undefined : started;
}
