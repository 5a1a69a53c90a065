import { bindingOf, syntacticType } from './bindings.js';
import type { Node } from './parser.js';
import type { Program } from './program.js';
import { isExported, type Slot } from './slots.js';

/** All places that name a field or a package variable. */
export function* occurrences(slot: Exclude<Slot, { kind: 'local' }>, program: Program) {
  const everywhere = isExported(slot.name);
  for (const file of program.filesWith(slot.name, everywhere ? undefined : slot.directory)) {
    for (const node of file.root.descendantsOfType(['selector_expression'])) {
      if (node.childForFieldName('field')?.text !== slot.name) continue;
      if (slot.kind === 'field' && isOtherType(node, slot, file.root)) continue;
      yield { node, file: file.path };
    }
    if (slot.kind === 'field') {
      yield* literalKeys(file.root, slot, file.path);
      continue;
    }
    for (const node of file.root.descendantsOfType(['identifier'])) {
      if (node.text !== slot.name || bindingOf(node) !== undefined) continue;
      if (node.parent?.type === 'selector_expression') continue;
      yield { node, file: file.path };
    }
  }
}

/** Keys of struct literals: `T{name: value}` writes the field. */
function* literalKeys(root: Node, slot: Slot & { kind: 'field' }, file: string) {
  for (const element of root.descendantsOfType(['keyed_element'])) {
    const key = element.childForFieldName('key');
    if (key === null || key.text !== slot.name) continue;
    const literal = element.parent?.parent;
    const type = literal?.type === 'composite_literal' ? syntacticType(literal) : undefined;
    if (type !== undefined && slot.type !== undefined && type !== slot.type) continue;
    yield { node: key.namedChildren[0] ?? key, file };
  }
}

/** True when the syntax shows another struct type that has a field of this name of its own. */
function isOtherType(selector: Node, slot: Slot & { kind: 'field' }, root: Node): boolean {
  const operand = selector.childForFieldName('operand');
  const type = operand === null ? undefined : syntacticType(operand);
  if (type === undefined || slot.type === undefined || type === slot.type) return false;
  return root
    .descendantsOfType(['type_spec'])
    .filter((spec) => spec.childForFieldName('name')?.text === type)
    .flatMap((spec) => spec.descendantsOfType(['field_declaration']))
    .some((field) => field.childrenForFieldName('name').some((name) => name.text === slot.name));
}

/** The names of a function's parameters, in order. */
export function parameterNames(fn: Node): Node[] {
  return (fn.childForFieldName('parameters')?.namedChildren ?? [])
    .filter((declaration) => declaration.type === 'parameter_declaration')
    .flatMap((declaration) => declaration.childrenForFieldName('name'));
}

/** Whether a type of that package has such a field itself, not by embedding; `undefined` when the type is unknown. */
export function declaresField(
  type: string,
  { name, directory }: Pick<Slot & { kind: 'field' }, 'name' | 'directory'>,
  program: Program,
): boolean | undefined {
  const specs = program
    .filesWith(type, directory)
    .flatMap(({ root }) => root.descendantsOfType(['type_spec']))
    .filter((spec) => spec.childForFieldName('name')?.text === type);
  if (specs.length === 0) return undefined;
  return specs
    .flatMap((spec) => spec.descendantsOfType(['field_declaration']))
    .some((field) => field.childrenForFieldName('name').some((own) => own.text === name));
}
