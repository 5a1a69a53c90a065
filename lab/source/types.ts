import { dirname } from 'node:path/posix';
import { functionAround } from './functions.js';
import { importsOf, packageIn } from './packages.js';
import { childrenOf, type Node } from './parser.js';
import type { Program } from './program.js';

/** A type as far as its shape matters here; `undefined` in its place means that it is not known. */
export type Type =
  /** Numbers, strings, constants: nothing in them has methods of the program's own. */
  | { readonly kind: 'basic' }
  | { readonly kind: 'interface' }
  /** A type of Go's library, an interface among them. One with type arguments may lead back to any type. */
  | { readonly kind: 'library'; readonly generic: boolean }
  /** A type parameter: whatever it is instantiated with. */
  | { readonly kind: 'parameter' }
  | {
      readonly kind: 'named';
      readonly key: string;
      readonly name: string;
      readonly spec: Node;
      readonly file: string;
    }
  | {
      readonly kind: 'pointer' | 'list' | 'map' | 'channel';
      readonly element: () => Type | undefined;
      readonly mapKey?: () => Type | undefined;
    }
  /** Its `parameters` and `result` are those of the node. */
  | { readonly kind: 'function'; readonly node: Node; readonly file: string }
  | { readonly kind: 'struct'; readonly node: Node; readonly file: string };

const basicNames = new Set(
  'bool string int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr byte rune float32 float64 complex64 complex128'.split(
    ' ',
  ),
);

export const typeKey = (directory: string, name: string) => `${directory} ${name}`;

/** The type that a type expression means in its file. */
export function resolveType(node: Node, file: string, program: Program): Type | undefined {
  const inner = (child: Node | null | undefined) => () =>
    child == null ? undefined : resolveType(child, file, program);
  switch (node.type) {
    case 'type_identifier':
    case 'identifier':
      return resolveName(node, file, program);
    case 'qualified_type':
    case 'selector_expression': {
      const owner = node.childForFieldName('package') ?? node.childForFieldName('operand');
      const name = (node.childForFieldName('name') ?? node.childForFieldName('field'))?.text ?? '';
      const from = importsOf(file, node.tree.rootNode, program).get(owner?.text ?? '');
      if (from?.kind === 'library') return { kind: 'library', generic: false };
      return from === undefined ? undefined : declaredType(name, from.directory, program);
    }
    case 'generic_type': {
      const type = node.childForFieldName('type');
      const found = type === null ? undefined : resolveType(type, file, program);
      return found?.kind === 'library' ? { kind: 'library', generic: true } : found;
    }
    case 'parenthesized_type':
      return inner(childrenOf(node)[0])();
    case 'pointer_type':
      return { kind: 'pointer', element: inner(childrenOf(node)[0]) };
    case 'slice_type':
    case 'array_type':
    case 'implicit_length_array_type':
      return { kind: 'list', element: inner(node.childForFieldName('element')) };
    case 'map_type': {
      const [key, value] = [node.childForFieldName('key'), node.childForFieldName('value')];
      return { kind: 'map', element: inner(value), mapKey: inner(key) };
    }
    case 'channel_type':
      return { kind: 'channel', element: inner(node.childForFieldName('value')) };
    case 'function_type':
      return { kind: 'function', node, file };
    case 'struct_type':
      return { kind: 'struct', node, file };
    case 'interface_type':
      return { kind: 'interface' };
    default:
      return undefined;
  }
}

function resolveName(node: Node, file: string, program: Program): Type | undefined {
  const name = node.text;
  if (isTypeParameter(node, file)) return { kind: 'parameter' };
  if (localTypes(node.tree.rootNode).has(name)) return undefined;
  const declared = declaredType(name, dirname(file), program);
  if (declared !== undefined) return declared;
  if (packageIn(dirname(file), program).names.has(name)) return undefined;
  if (basicNames.has(name)) return { kind: 'basic' };
  return name === 'any' || name === 'error' || name === 'comparable' ? { kind: 'interface' } : undefined;
}

export function declaredType(name: string, directory: string, program: Program): Type | undefined {
  const found = packageIn(directory, program).names.get(name);
  if (found?.kind !== 'type') return undefined;
  const { node: spec, file } = found;
  if (spec.type === 'type_spec') return { kind: 'named', key: typeKey(directory, name), name, spec, file };
  const meant = spec.childForFieldName('type');
  return meant === null ? undefined : resolveType(meant, file, program);
}

function isTypeParameter(node: Node, file: string): boolean {
  const name = node.text;
  for (let fn = functionAround(node, file); fn !== undefined; ) {
    if (namesParameter(fn.node, name)) return true;
    const { parent } = fn.node;
    fn = parent === null ? undefined : functionAround(parent, file);
  }
  for (let at = node.parent; at !== null; at = at.parent) {
    if (at.type === 'type_spec' && namesParameter(at, name)) return true;
  }
  return false;
}

function namesParameter(node: Node, name: string): boolean {
  const own = node.childForFieldName('type_parameters')?.namedChildren ?? [];
  if (own.some((declared) => declared.childrenForFieldName('name').some(({ text }) => text === name)))
    return true;
  const receiver = node.childForFieldName('receiver');
  return (receiver?.descendantsOfType(['type_elem', 'type_arguments']) ?? []).some((elem) =>
    elem.descendantsOfType(['type_identifier']).some(({ text }) => text === name),
  );
}

const localTypesOf = new WeakMap<object, ReadonlySet<string>>();

/** A type that a function declares for itself may hide one of the package. */
function localTypes(root: Node): ReadonlySet<string> {
  const before = localTypesOf.get(root.tree);
  if (before !== undefined) return before;
  const made = new Set(
    root
      .descendantsOfType(['type_spec', 'type_alias'])
      .filter((spec) => spec.parent?.parent?.type !== 'source_file')
      .flatMap((spec) => spec.childForFieldName('name')?.text ?? []),
  );
  localTypesOf.set(root.tree, made);
  return made;
}

/** What a defined type is made of. */
export function underlying(type: Type | undefined, program: Program): Type | undefined {
  let at = type;
  for (let steps = 0; at?.kind === 'named'; steps++) {
    const made = at.spec.childForFieldName('type');
    if (made === null || steps > 20) return undefined;
    at = resolveType(made, at.file, program);
  }
  return at;
}

/** The type behind a pointer, or the type itself. */
export const pointedTo = (type: Type | undefined): Type | undefined =>
  type?.kind === 'pointer' ? type.element() : type;

/** The declarations of a struct's fields, embedded ones included; empty for other types. */
export function fieldsOf(
  type: Type | undefined,
  program: Program,
): { readonly declaration: Node; readonly file: string }[] {
  const made = underlying(type, program);
  if (made?.kind !== 'struct') return [];
  const list = childrenOf(made.node).find(({ type: kind }) => kind === 'field_declaration_list');
  return (list === undefined ? [] : childrenOf(list))
    .filter(({ type: kind }) => kind === 'field_declaration')
    .map((declaration) => ({ declaration, file: made.file }));
}

export const isEmbedded = (declaration: Node) => declaration.childrenForFieldName('name').length === 0;

/** The types that a struct embeds, without their pointers. */
export function embeddedIn(type: Type | undefined, program: Program): (Type | undefined)[] {
  return fieldsOf(type, program)
    .filter(({ declaration }) => isEmbedded(declaration))
    .map(({ declaration, file }) => {
      const written = declaration.childForFieldName('type');
      return written === null ? undefined : resolveType(written, file, program);
    });
}

/** What `x.name` is for an `x` of that type: a field's type, a method as a function. */
export function memberOf(
  type: Type | undefined,
  name: string,
  program: Program,
  depth = 0,
): Type | 'none' | undefined {
  const owner = pointedTo(type);
  if (owner === undefined || owner.kind === 'parameter' || depth > 6) return undefined;
  if (owner.kind === 'library') return owner.generic ? undefined : owner;
  if (owner.kind === 'named') {
    const method = packageIn(dirname(owner.file), program).methods.get(`${owner.name}.${name}`);
    if (method !== undefined) return { kind: 'function', node: method.node, file: method.file };
  }
  const made = underlying(owner, program);
  if (made === undefined) return undefined;
  if (made.kind === 'library') return made.generic ? undefined : made;
  if (made.kind === 'interface') return interfaceMethod(owner, name, program);
  for (const { declaration, file } of fieldsOf(owner, program)) {
    if (!declaration.childrenForFieldName('name').some(({ text }) => text === name)) continue;
    const written = declaration.childForFieldName('type');
    return written === null ? undefined : resolveType(written, file, program);
  }
  let found: Type | 'none' | undefined = 'none';
  for (const embedded of embeddedIn(owner, program)) {
    const base = pointedTo(embedded);
    if (base?.kind === 'named' && base.name === name) return embedded;
    const inner = memberOf(base, name, program, depth + 1);
    // Of a library's type it is not known whether it has such a member.
    if (inner === undefined) return undefined;
    if (inner !== 'none' && (found === 'none' || inner.kind !== 'library')) found = inner;
  }
  return found;
}

function interfaceMethod(owner: Type, name: string, program: Program): Type | undefined {
  const node = owner.kind === 'named' ? owner.spec.childForFieldName('type') : undefined;
  const method = node?.namedChildren.find(
    (child) => child.type === 'method_elem' && child.childForFieldName('name')?.text === name,
  );
  if (method === undefined || owner.kind !== 'named') return undefined;
  return program.parse(owner.file) === undefined
    ? undefined
    : { kind: 'function', node: method, file: owner.file };
}
