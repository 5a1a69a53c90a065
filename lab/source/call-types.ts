import { dirname } from 'node:path/posix';
import { bindingOf } from './bindings.js';
import { importsOf, packageIn } from './packages.js';
import { childrenOf, type Node } from './parser.js';
import type { Program } from './program.js';
import { declaredType, resolveType, type Type } from './types.js';

const builtins = new Set(
  'append cap clear close complex copy delete imag len make max min new panic print println real recover'.split(
    ' ',
  ),
);

export function isBuiltin(callee: Node, file: string, program: Program): boolean {
  return (
    callee.type === 'identifier' &&
    builtins.has(callee.text) &&
    bindingOf(callee) === undefined &&
    !packageIn(dirname(file), program).names.has(callee.text)
  );
}

/** The type `T` of a conversion `T(x)`; `undefined` when something else is called. */
export function conversion(callee: Node, file: string, program: Program): Type | undefined {
  if (callee.type === 'identifier' && bindingOf(callee) === undefined) {
    const type = resolveType(callee, file, program);
    return type;
  }
  if (callee.type === 'selector_expression') {
    const operand = callee.childForFieldName('operand');
    if (operand?.type !== 'identifier' || bindingOf(operand) !== undefined) return undefined;
    const from = importsOf(file, callee.tree.rootNode, program).get(operand.text);
    const name = callee.childForFieldName('field')?.text ?? '';
    return from?.kind === 'user' ? declaredType(name, from.directory, program) : undefined;
  }
  return /_type$/.test(callee.type) ? resolveType(callee, file, program) : undefined;
}

/** A function's results, one for each. */
export function resultTypes(fn: Node): readonly (Node | undefined)[] {
  return listed(fn.childForFieldName('result'));
}

/** A function's parameters, one for each; the last may take several. */
export const parameterTypes = (fn: Node) => listed(fn.childForFieldName('parameters'));

function listed(list: Node | null): (Node | undefined)[] {
  if (list === null) return [];
  if (list.type !== 'parameter_list') return [list];
  return childrenOf(list).flatMap((declaration) => {
    const type = declaration.childForFieldName('type') ?? undefined;
    const names = declaration.childrenForFieldName('name');
    return names.length === 0 ? [type] : names.map(() => type);
  });
}

const generics = new WeakMap<Program, Map<string, boolean>>();

/** Whether a function of the library may give back what it was instantiated with. */
export function isGenericOfLibrary(callee: Node, file: string, program: Program): boolean {
  const operand = callee.childForFieldName('operand');
  if (callee.type !== 'selector_expression' || operand?.type !== 'identifier')
    return callee.type !== 'selector_expression';
  if (bindingOf(operand) !== undefined) return false;
  const from = importsOf(file, callee.tree.rootNode, program).get(operand.text);
  if (from?.kind !== 'library') return false;
  const name = callee.childForFieldName('field')?.text ?? '';
  const seen = generics.get(program) ?? new Map<string, boolean>();
  generics.set(program, seen);
  const key = `${from.path}.${name}`;
  const before = seen.get(key);
  if (before !== undefined) return before;
  const texts = program.libraryFiles
    .filter((path) => `/${dirname(path)}`.endsWith(`/${from.path}`))
    .map((path) => program.text(path));
  const made =
    texts.length === 0 || texts.some((text) => text === undefined || text.includes(`func ${name}[`));
  seen.set(key, made);
  return made;
}
