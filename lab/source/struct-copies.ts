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
