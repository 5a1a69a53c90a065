import { listOf } from './bindings.js';
import { conversion, isBuiltin, parameterTypes, resultTypes } from './call-types.js';
import { oneOfSeveral, resultAt, typeOf } from './expression-types.js';
import { functionAround } from './functions.js';
import { childrenOf, type Node } from './parser.js';
import type { Program } from './program.js';
import { isRedeclared } from './redeclared.js';
import { fieldsOf, pointedTo, resolveType, type Type, underlying } from './types.js';

/** A value, and the place that it is stored in; each worked out only when it is asked for. */
export interface Store {
  readonly value: () => Type | undefined;
  readonly target: () => Type | undefined;
}

const storing = [
  ...['call_expression', 'assignment_statement', 'short_var_declaration', 'var_spec', 'return_statement'],
  ...['composite_literal', 'send_statement', 'range_clause', 'receive_statement', 'index_expression'],
];

/** Every place where Go converts a value to an interface without saying so, and those where it says so. */
export function* storesIn(root: Node, file: string, program: Program): Generator<Store> {
  const of = (node: Node | null | undefined) => () =>
    node == null ? undefined : typeOf(node, file, program);
  const nothing = () => undefined;
  for (const node of root.descendantsOfType(storing)) {
    switch (node.type) {
      case 'call_expression':
        yield* argumentsOf(node, file, program);
        break;
      case 'return_statement': {
        const fn = functionAround(node, file);
        const results = fn === undefined ? [] : resultTypes(fn.node);
        const values = listOf(childrenOf(node)[0] ?? null);
        yield* paired(
          values,
          (at) => {
            const written = results[at];
            return () => (written === undefined ? undefined : resolveType(written, file, program));
          },
          results.length,
        );
        break;
      }
      case 'var_spec': {
        const type = node.childForFieldName('type');
        if (type === null) break;
        const names = node.childrenForFieldName('name').filter(({ type: kind }) => kind === 'identifier');
        const target = () => resolveType(type, file, program);
        yield* paired(listOf(node.childForFieldName('value')), () => target, names.length);
        break;
      }
      case 'assignment_statement':
      case 'short_var_declaration': {
        const left = listOf(node.childForFieldName('left'));
        const isNew = node.type === 'short_var_declaration';
        if (isNew && !left.some(isRedeclared)) break;
        const values = listOf(node.childForFieldName('right'));
        yield* paired(
          values,
          (at) => (left[at]?.text === '_' ? () => ({ kind: 'basic' }) : of(left[at])),
          left.length,
        );
        break;
      }
      case 'receive_statement':
      case 'range_clause': {
        if (node.childForFieldName('left') === null || node.children.some((child) => child?.type === ':='))
          break;
        for (const name of listOf(node.childForFieldName('left'))) {
          if (name.text !== '_') yield { value: nothing, target: of(name) };
        }
        break;
      }
      case 'send_statement': {
        const channel = node.childForFieldName('channel');
        yield {
          value: of(node.childForFieldName('value')),
          target: () => elementType(of(channel)(), program),
        };
        break;
      }
      case 'index_expression': {
        const operand = of(node.childForFieldName('operand'));
        yield {
          value: of(node.childForFieldName('index')),
          target: () => {
            const made = underlying(operand(), program);
            if (made?.kind === 'map') return made.mapKey?.();
            return made?.kind === 'library' || made === undefined ? made : { kind: 'basic' };
          },
        };
        break;
      }
      default: {
        const type = node.childForFieldName('type');
        const body = node.childForFieldName('body');
        if (type !== null && body !== null)
          yield* elementsOf(body, () => resolveType(type, file, program), file, program);
      }
    }
  }

  function* paired(
    values: readonly Node[],
    target: (at: number) => () => Type | undefined,
    targets: number,
  ): Generator<Store> {
    const [first] = values;
    if (first === undefined) return;
    for (let at = 0; at < targets; at++) {
      const value = values.length === targets ? of(values[at]) : () => oneOfSeveral(first, at, file, program);
      yield { value, target: target(at) };
    }
  }
}

function elementType(type: Type | undefined, program: Program): Type | undefined {
  const made = underlying(type, program);
  return made !== undefined && 'element' in made
    ? made.element()
    : made?.kind === 'library'
      ? made
      : undefined;
}

function* argumentsOf(call: Node, file: string, program: Program): Generator<Store> {
  const callee = call.childForFieldName('function');
  const list = call.childForFieldName('arguments');
  if (callee === null || list === null) return;
  const values = childrenOf(list);
  const of = (node: Node | undefined) => () => (node === undefined ? undefined : typeOf(node, file, program));
  if (isBuiltin(callee, file, program)) {
    if (callee.text === 'panic')
      for (const value of values) yield { value: of(value), target: () => undefined };
    const [first, ...rest] = values;
    if (callee.text !== 'append' || first === undefined || list.text.includes('...')) return;
    for (const value of rest) yield { value: of(value), target: () => elementType(of(first)(), program) };
    return;
  }
  const converted = conversion(callee, file, program);
  const fn = converted === undefined ? underlying(typeOf(callee, file, program), program) : undefined;
  const parameters = fn?.kind === 'function' ? parameterTypes(fn.node) : [];
  const last = parameters.at(-1);
  const isVariadic = last?.parent?.type === 'variadic_parameter_declaration';
  const spread = list.children.some((child) => child?.type === '...');
  const only = values.length === 1 ? values[0] : undefined;
  const several = only?.type === 'call_expression' ? resultsOf(only, file, program) : 1;
  const count = several > 1 ? several : values.length;
  for (let at = 0; at < count; at++) {
    const written = parameters[at] ?? (isVariadic ? last : undefined);
    const where = fn?.kind === 'function' ? fn.file : file;
    const value =
      several > 1 && only !== undefined ? () => resultAt(only, at, file, program) : of(values[at]);
    yield {
      value,
      target: () => {
        if (converted !== undefined) return converted;
        if (spread && at === count - 1) return { kind: 'basic' };
        return written === undefined ? undefined : resolveType(written, where, program);
      },
    };
  }
}

/** How many values a call gives, as far as it is known: one, when it is not. */
function resultsOf(call: Node, file: string, program: Program): number {
  const callee = call.childForFieldName('function');
  const fn = callee === null ? undefined : underlying(typeOf(callee, file, program), program);
  return fn?.kind === 'function' ? resultTypes(fn.node).length : 1;
}

/** The elements of a composite literal; those of elided inner ones too. */
function* elementsOf(
  body: Node,
  type: () => Type | undefined,
  file: string,
  program: Program,
): Generator<Store> {
  for (const [at, element] of childrenOf(body).entries()) {
    const isKeyed = element.type === 'keyed_element';
    const key = isKeyed ? childrenOf(element.childForFieldName('key') ?? element)[0] : undefined;
    const value = childrenOf((isKeyed ? element.childForFieldName('value') : element) ?? element)[0];
    if (value === undefined) continue;
    const target = () => fieldType(pointedTo(type()), key, at, program);
    if (value.type === 'literal_value') yield* elementsOf(value, target, file, program);
    else yield { value: () => typeOf(value, file, program), target };
    if (key === undefined || key.type === 'literal_value') continue;
    yield {
      value: () =>
        underlying(pointedTo(type()), program)?.kind === 'map'
          ? typeOf(key, file, program)
          : { kind: 'basic' },
      target: () => {
        const made = underlying(pointedTo(type()), program);
        return made?.kind === 'map' ? made.mapKey?.() : undefined;
      },
    };
  }
}

function fieldType(
  type: Type | undefined,
  key: Node | undefined,
  at: number,
  program: Program,
): Type | undefined {
  const made = underlying(type, program);
  if (made === undefined || made.kind === 'library') return made;
  if ('element' in made) return made.element();
  const fields = fieldsOf(type, program).flatMap(({ declaration, file: where }) => {
    const written = declaration.childForFieldName('type');
    const names = declaration.childrenForFieldName('name').map(({ text }) => text);
    const own = names.length > 0 ? names : [/(\w+)(?:\[.*)?$/u.exec(written?.text ?? '')?.[1] ?? ''];
    return own.map((name) => ({ name, written, where }));
  });
  const field = key === undefined ? fields[at] : fields.find(({ name }) => name === key.text);
  return field?.written == null ? undefined : resolveType(field.written, field.where, program);
}
