import { dirname } from 'node:path/posix';
import { bindingOf, syntacticType } from './bindings.js';
import { calleeOf, callOf } from './calls.js';
import { functionAround, type GoFunction, receiverType } from './functions.js';
import { libraryMayCall, mayMean } from './method-calls.js';
import { childrenOf, type Node } from './parser.js';
import type { Program, SourceFile } from './program.js';
import { isExported } from './slots.js';

/** A place where a function is called, started or taken as a value. */
export interface Reference {
  readonly file: string;
  /** The function that contains the place; `undefined` at package level. */
  readonly within: GoFunction | undefined;
  readonly node: Node;
  readonly mode: 'call' | 'go' | 'defer' | 'value';
  /** The call, unless the function is only taken as a value. */
  readonly call: Node | undefined;
}

export interface References {
  readonly sites: readonly Reference[];
  /** Set when code that was not looked at may call it: through an interface, from the standard library. */
  readonly foreign: string | undefined;
}

/** Everyone who names a function: by name, so that a method is found through interfaces as well. */
export function referencesTo(fn: GoFunction, program: Program): References {
  if (fn.kind === 'literal') {
    const site = referenceAt(fn.node, fn.file, fn.node.parent);
    return { sites: [site], foreign: undefined };
  }
  const exported = isExported(fn.name);
  const directory = exported ? undefined : dirname(fn.file);
  const sites = program
    .filesWith(fn.name, directory)
    .flatMap((file) => namesIn(file, fn, program).map((node) => referenceAt(node, file.path, node.parent)));
  const foreign = isExportedBeyondGo(fn)
    ? 'outside of Go'
    : fn.kind === 'method' && exported
      ? foreignCaller(fn, program)
      : undefined;
  return { sites, foreign };
}

function namesIn(file: SourceFile, fn: GoFunction, program: Program): Node[] {
  const samePackage = dirname(file.path) === dirname(fn.file);
  const selectors = file.root
    .descendantsOfType(['selector_expression', 'qualified_type'])
    .filter((node) => (node.childForFieldName('field') ?? node.childForFieldName('name'))?.text === fn.name)
    .filter((node) => node.type === 'selector_expression' || callOf(node) !== undefined);
  // Methods are named by selectors; functions by identifiers at home and by selectors abroad.
  if (fn.kind === 'method') return selectors.filter((node) => mayMean(node, file.path, fn, program));
  if (!samePackage) return selectors;
  return file.root
    .descendantsOfType(['identifier', 'type_identifier'])
    .filter((node) => node.text === fn.name && node.parent?.id !== fn.node.id)
    .filter((node) => node.type === 'identifier' || callOf(node) !== undefined)
    .filter((node) => bindingOf(node) === undefined);
}

function referenceAt(node: Node, file: string, parent: Node | null): Reference {
  const within =
    node.type === 'func_literal'
      ? node.parent === null
        ? undefined
        : functionAround(node.parent, file)
      : functionAround(node, file);
  if (parent?.type === 'parenthesized_expression') {
    return { ...referenceAt(node, file, parent.parent) };
  }
  const call = callOf(node);
  if (call === undefined) return { file, within, node, mode: 'value', call };
  const statement = call.parent?.type;
  const mode = statement === 'go_statement' ? 'go' : statement === 'defer_statement' ? 'defer' : 'call';
  return { file, within, node, mode, call };
}

/** An exported method may be called through an interface of any package that names such a method. */
function foreignCaller(fn: GoFunction, program: Program): string | undefined {
  const reflecting = callsByName(program);
  if (reflecting !== undefined) return `${reflecting}, which calls methods by their names`;
  const call = `.${fn.name}(`;
  for (const file of program.libraryFiles) {
    const text = program.text(file);
    if (text === undefined) return `${file}, which cannot be read here`;
    if (text.includes(call)) return libraryMayCall(fn, program) ? file : undefined;
  }
  return undefined;
}

/** Libraries, and code of the program's own, that find an exported method by its name at run time. */
function callsByName(program: Program): string | undefined {
  return (
    program.libraryFiles.find((file) =>
      /(?:^|\/src\/)(?:net\/rpc\/server|text\/template\/exec)\.go$/.test(file),
    ) ?? program.userFiles.find((file) => /\.Method(?:ByName)?\(/.test(program.text(file) ?? ''))
  );
}

/** Called by C, or by assembly and other packages under another name. */
function isExportedBeyondGo(fn: GoFunction): boolean {
  for (let at = fn.node.previousSibling; at?.type === 'comment'; at = at.previousSibling) {
    if (/^\/\/(?:export|go:linkname) /.test(at.text)) return true;
  }
  return false;
}

/** Whether `name.F` is a function of Go's own library, by what the file imports as `name`. */
function isOfLibrary(operand: Node | null, program: Program): boolean {
  if (operand === null || !/^(?:package_)?identifier$/.test(operand.type)) return false;
  if (bindingOf(operand) !== undefined) return false;
  return operand.tree.rootNode.descendantsOfType(['import_spec']).some((spec) => {
    const path = spec.childForFieldName('path')?.text.slice(1, -1) ?? '';
    const alias = spec.childForFieldName('name')?.text ?? path.slice(path.lastIndexOf('/') + 1);
    return (
      alias === operand.text &&
      program.libraryFiles.some((file) => `/src/${dirname(file)}`.endsWith(`/src/${path}`))
    );
  });
}

/** The functions and methods that a call may run, as far as names tell, in the caller's package or by import. */
export function calleesOf(call: Node, file: string, program: Program): GoFunction[] {
  const callee = calleeOf(call);
  if (callee === undefined) return [];
  if (callee.type === 'func_literal') {
    const literal = functionAround(callee, file);
    return literal === undefined ? [] : [literal];
  }
  const isMethod = callee.type === 'selector_expression' || callee.type === 'qualified_type';
  const operand = callee.childForFieldName('operand') ?? callee.childForFieldName('package');
  if (isMethod && isOfLibrary(operand, program)) return [];
  const name = isMethod
    ? (callee.childForFieldName('field') ?? callee.childForFieldName('name'))?.text
    : callee.text;
  if (name === undefined || (!isMethod && bindingOf(callee) !== undefined)) return [];
  const directory = isExported(name) && isMethod ? undefined : dirname(file);
  return program.filesWith(name, directory).flatMap((source) =>
    childrenOf(source.root)
      .filter((node) => node.type === 'function_declaration' || node.type === 'method_declaration')
      .filter((node) => node.childForFieldName('name')?.text === name)
      .filter((node) => isMethod || receiverType(node) === undefined)
      .flatMap((node) => functionAround(node, source.path) ?? [])
      .filter((fn) => !isMethod || fn.kind !== 'method' || mayMean(callee, file, fn, program)),
  );
}

/** An exported method may as well be one of a library, unless its receiver's type is known. */
export function isOwn(call: Node, callees: readonly GoFunction[]): boolean {
  if (callees.every(({ kind, name }) => kind !== 'method' || !isExported(name))) return true;
  const operand = calleeOf(call)?.childForFieldName('operand');
  const type = operand == null ? undefined : syntacticType(operand);
  return type !== undefined && callees.some(({ node }) => receiverType(node) === type);
}
