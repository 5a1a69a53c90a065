import { type Binding, bindingOf, listOf } from './bindings.js';
import type { Node } from './parser.js';

/** `x, err := f()` declares only what the block has not declared yet. */
export function firstDeclared(binding: Binding): Binding {
  const list = binding.name.parent;
  const statement = list?.type === 'expression_list' ? list.parent : null;
  if (statement?.type !== 'short_var_declaration' || listOf(list).length < 2) return binding;
  for (let at = statement.previousNamedSibling; at !== null; at = at.previousNamedSibling) {
    const name = namesDeclared(at).find(({ text }) => text === binding.name.text);
    const before = name === undefined ? undefined : bindingOf(name);
    if (before !== undefined) return firstDeclared(before);
  }
  const fn = statement.parent?.parent?.parent;
  for (const field of ['parameters', 'result', 'receiver']) {
    for (const declaration of fn?.childForFieldName(field)?.namedChildren ?? []) {
      const name = declaration.childrenForFieldName('name').find(({ text }) => text === binding.name.text);
      const type = declaration.childForFieldName('type') ?? undefined;
      if (name !== undefined) return { ...binding, name, type, value: undefined };
    }
  }
  return binding;
}

/** Whether a name on the left of `:=` was there before, so that it is only assigned to. */
export const isRedeclared = (name: Node) => {
  const binding = bindingOf(name);
  return binding !== undefined && firstDeclared(binding).name.id !== name.id;
};

function namesDeclared(statement: Node): Node[] {
  if (statement.type === 'short_var_declaration') return listOf(statement.childForFieldName('left'));
  if (statement.type !== 'var_declaration') return [];
  return statement.descendantsOfType(['var_spec']).flatMap((spec) => spec.childrenForFieldName('name'));
}
