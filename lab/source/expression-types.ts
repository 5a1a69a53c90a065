import { dirname } from 'node:path/posix';
import { type Binding, bindingOf, listOf } from './bindings.js';
import { conversion, isBuiltin, isGenericOfLibrary, resultTypes } from './call-types.js';
import { type Declared, importsOf, packageIn } from './packages.js';
import { childrenOf, type Node } from './parser.js';
import type { Program } from './program.js';
import { firstDeclared } from './redeclared.js';
import { memberOf, pointedTo, resolveType, type Type, underlying } from './types.js';

const basic: Type = { kind: 'basic' };
const comparisons = new Set(['==', '!=', '<', '<=', '>', '>=', '&&', '||']);
const known = new WeakMap<Program, Map<string, Type | undefined>>();

/**
 * The type of an expression, as far as declarations in the sources tell it; `undefined` for what is not known. What
 * a function of Go's library gives is a type of the library's, or in an interface of its.
 */
export function typeOf(expression: Node, file: string, program: Program): Type | undefined {
  const types = known.get(program) ?? new Map<string, Type | undefined>();
  known.set(program, types);
  const key = `${file}#${expression.id}`;
  if (types.has(key)) return types.get(key);
  // What depends on itself is not known.
  types.set(key, undefined);
  const found = findType(expression, file, program);
  types.set(key, found);
  return found;
}

function findType(node: Node, file: string, program: Program): Type | undefined {
  const operand = node.childForFieldName('operand');
  const of = (child: Node | null | undefined) => (child == null ? undefined : typeOf(child, file, program));
  const resolve = (child: Node | null | undefined) =>
    child == null ? undefined : resolveType(child, file, program);
  switch (node.type) {
    case 'identifier':
      return typeOfName(node, file, program);
    case 'selector_expression':
      return typeOfSelector(node, file, program);
    case 'parenthesized_expression':
      return of(childrenOf(node)[0]);
    case 'call_expression':
      return resultAt(node, 0, file, program);
    case 'composite_literal':
    case 'type_assertion_expression':
    case 'type_conversion_expression':
      return resolve(node.childForFieldName('type'));
    case 'func_literal':
      return { kind: 'function', node, file };
    case 'unary_expression': {
      const operator = node.childForFieldName('operator')?.text;
      const type = of(operand);
      if (operator === '&') return { kind: 'pointer', element: () => type };
      if (operator === '*') return underlyingElement(type, 'pointer', program);
      return operator === '<-' ? underlyingElement(type, 'channel', program) : type;
    }
    case 'binary_expression': {
      if (comparisons.has(node.childForFieldName('operator')?.text ?? '')) return basic;
      const left = of(node.childForFieldName('left'));
      return left?.kind === 'basic' ? of(node.childForFieldName('right')) : left;
    }
    case 'index_expression': {
      const type = of(operand);
      if (type?.kind === 'function') return type;
      return elementOf(type, program);
    }
    case 'type_instantiation_expression':
      return of(childrenOf(node)[0]);
    case 'slice_expression': {
      const type = of(operand);
      return type?.kind === 'pointer' ? type.element() : type;
    }
    default:
      return /_literal$|^(?:true|false|nil|iota)$/.test(node.type) ? basic : undefined;
  }
}

function underlyingElement(
  type: Type | undefined,
  kind: 'pointer' | 'channel',
  program: Program,
): Type | undefined {
  const made = underlying(type, program);
  if (made?.kind === 'library') return made.generic ? undefined : made;
  return made?.kind === kind && 'element' in made ? made.element() : undefined;
}

/** What indexing or ranging gives. */
function elementOf(type: Type | undefined, program: Program): Type | undefined {
  const made = underlying(type, program);
  switch (made?.kind) {
    case 'list':
    case 'map':
    case 'channel':
      return made.element();
    case 'pointer':
      return elementOf(made.element(), program);
    case 'basic':
      return basic;
    case 'library':
      return made.generic ? undefined : made;
    default:
      return undefined;
  }
}

function typeOfName(node: Node, file: string, program: Program): Type | undefined {
  const binding = bindingOf(node);
  if (binding !== undefined) return typeOfBinding(firstDeclared(binding), file, program);
  const declared = packageIn(dirname(file), program).names.get(node.text);
  if (declared !== undefined) return typeOfDeclared(declared, program);
  return /^(?:nil|true|false|iota)$/.test(node.text) ? basic : undefined;
}

function typeOfDeclared(declared: Declared, program: Program): Type | undefined {
  const { file, node } = declared;
  if (declared.kind === 'function') return { kind: 'function', node, file };
  if (declared.kind === 'type') return undefined;
  const own = declared.name.id;
  const type = node.childForFieldName('type');
  if (type !== null) return resolveType(type, file, program);
  const names = node.childrenForFieldName('name').filter((child) => child.type === 'identifier');
  const values = listOf(node.childForFieldName('value'));
  const at = names.findIndex(({ id }) => id === own);
  const value = values[at];
  if (value !== undefined && values.length === names.length) return typeOf(value, file, program);
  if (declared.kind === 'constant') return undefined;
  return values.length === 1 ? oneOfSeveral(values[0], at, file, program) : undefined;
}

function typeOfBinding({ name, type, value }: Binding, file: string, program: Program): Type | undefined {
  if (type !== undefined) {
    const found = () => resolveType(type, file, program);
    return name.parent?.type === 'variadic_parameter_declaration'
      ? { kind: 'list', element: found }
      : found();
  }
  if (value !== undefined) return typeOf(value, file, program);
  const list = name.parent;
  const statement = list?.type === 'expression_list' ? list.parent : list;
  const at = list === null ? -1 : listOf(list).findIndex(({ id }) => id === name.id);
  if (statement === null || statement === undefined) return undefined;
  switch (statement.type) {
    case 'range_clause': {
      const over = statement.childForFieldName('right');
      const type = over === null ? undefined : typeOf(over, file, program);
      return rangedOver(type, at, program);
    }
    case 'short_var_declaration':
      return oneOfSeveral(listOf(statement.childForFieldName('right'))[0], at, file, program);
    case 'receive_statement':
      return at === 1 ? basic : typeOrNone(statement.childForFieldName('right'), file, program);
    case 'var_spec': {
      const values = listOf(statement.childForFieldName('value'));
      const place = statement.childrenForFieldName('name').findIndex(({ id }) => id === name.id);
      return oneOfSeveral(values[0], place, file, program);
    }
    default:
      return undefined;
  }
}

const typeOrNone = (node: Node | null, file: string, program: Program) =>
  node === null ? undefined : typeOf(node, file, program);

function rangedOver(type: Type | undefined, at: number, program: Program): Type | undefined {
  const made = underlying(pointedTo(type), program);
  if (made === undefined || made.kind === 'parameter' || made.kind === 'function') return undefined;
  if (made.kind === 'channel') return made.element();
  if (made.kind === 'library') return made.generic ? undefined : made;
  if (at === 1) return elementOf(made, program);
  return made.kind === 'map' ? made.mapKey?.() : basic;
}

/** The part of `a, b := f()`, `v, ok := m[k]`, `v, ok := <-c`, `v, ok := x.(T)`. */
export function oneOfSeveral(
  value: Node | undefined,
  at: number,
  file: string,
  program: Program,
): Type | undefined {
  if (value === undefined || at < 0) return undefined;
  if (value.type === 'parenthesized_expression') return oneOfSeveral(childrenOf(value)[0], at, file, program);
  if (value.type === 'call_expression') return resultAt(value, at, file, program);
  return at === 0 ? typeOf(value, file, program) : basic;
}

/** Type of one result of a call. */
export function resultAt(call: Node, at: number, file: string, program: Program): Type | undefined {
  const callee = call.childForFieldName('function');
  if (callee === null) return undefined;
  const first = call.childForFieldName('arguments')?.namedChildren.find(({ type }) => type !== 'comment');
  if (isBuiltin(callee, file, program)) {
    switch (callee.text) {
      case 'new':
        return { kind: 'pointer', element: () => first && resolveType(first, file, program) };
      case 'make':
        return first && resolveType(first, file, program);
      case 'append':
      case 'min':
      case 'max':
        return first && typeOf(first, file, program);
      case 'recover':
        return { kind: 'interface' };
      default:
        return basic;
    }
  }
  const converted = conversion(callee, file, program);
  if (converted !== undefined) return converted;
  const fn = underlying(typeOf(callee, file, program), program);
  if (fn?.kind === 'library') return isGenericOfLibrary(callee, file, program) ? undefined : fn;
  if (fn?.kind !== 'function') return undefined;
  const results = resultTypes(fn.node);
  const written = results[at];
  return written === undefined ? undefined : resolveType(written, fn.file, program);
}

function typeOfSelector(node: Node, file: string, program: Program): Type | undefined {
  const operand = node.childForFieldName('operand');
  const name = node.childForFieldName('field')?.text;
  if (operand === null || name === undefined) return undefined;
  if (operand.type === 'identifier' && bindingOf(operand) === undefined) {
    const imports = importsOf(file, node.tree.rootNode, program);
    if (imports.has(operand.text)) {
      const from = imports.get(operand.text);
      if (from?.kind === 'library') return { kind: 'library', generic: false };
      const declared = from === undefined ? undefined : packageIn(from.directory, program).names.get(name);
      return declared === undefined ? undefined : typeOfDeclared(declared, program);
    }
  }
  const found = memberOf(typeOf(operand, file, program), name, program);
  return found === 'none' ? undefined : found;
}
