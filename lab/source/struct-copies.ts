import { dirname } from 'node:path/posix';
import { listOf, syntacticType } from './bindings.js';
import type { Program } from './program.js';
import { isExported, type Slot } from './slots.js';

/** Whether a field may come from another object with all of its fields: `*own = *common`. */
export function isCopiedWhole(slot: Slot & { kind: 'field' }, program: Program): boolean {
  const files = program.userFiles
    .filter((file) => isExported(slot.name) || dirname(file) === slot.directory)
    .filter((file) => /^\s*\*[^=\n]+[^:=!<>\n]=[^=]/m.test(program.text(file) ?? ''));
  return files.some((file) =>
    program
      .parse(file)
      ?.root.descendantsOfType(['assignment_statement'])
      .some((assignment) =>
        listOf(assignment.childForFieldName('left')).some((left) => {
          if (left.type !== 'unary_expression' || left.childForFieldName('operator')?.text !== '*')
            return false;
          const type = syntacticType(left);
          return type === undefined || slot.type === undefined || type === slot.type;
        }),
      ),
  );
}

/** Whether some literal of the struct sets its fields by position, without naming them. */
export function isSetByPosition(slot: Slot & { kind: 'field' }, program: Program): boolean {
  if (slot.type === undefined) return true;
  return program
    .filesWith(slot.type, isExported(slot.type) ? undefined : slot.directory)
    .flatMap(({ root }) => root.descendantsOfType(['composite_literal']))
    .filter((literal) => syntacticType(literal) === slot.type)
    .some((literal) =>
      (literal.childForFieldName('body')?.namedChildren ?? []).some(({ type }) => type === 'literal_element'),
    );
}
