import type { DelveClient } from '../delve/client.js';
import { kinds, type Variable } from '../delve/wire.js';
import type { FindStruct } from '../goruntime/runtime-types.js';

/** What expressions about types look like; see `fieldOffset` in sync-evaluator.ts. */
const fieldOfCast = /^\(\*\(\*(?:"([^"]+)"\.(\w+)|([\w.]+))\)\((\d+)\)\)\.(\w+)$/;

/**
 * Evaluates as Delve would what needs no variables: where in a struct a field lies, by the program's own type
 * descriptors. In a stripped program nothing else can be evaluated.
 */
export function typeEvaluator(structs: FindStruct): Pick<DelveClient, 'eval'> {
  return {
    eval(_scope, expression) {
      const match = fieldOfCast.exec(expression);
      const type = match?.[3] ?? (match === null ? '' : `${match[1]}.${match[2]}`);
      const field = structs(type)?.fields.find(({ name }) => name === match?.[5]);
      if (field === undefined) return Promise.resolve({ kind: 'unreadable', reason: 'no debug information' });
      const addr = Number(match?.[4]) + field.offset;
      return Promise.resolve({ kind: 'value', variable: variableAt(addr, field.type) });
    },
  };
}

const variableAt = (addr: number, type: string): Variable => ({
  ...{ name: '', addr, onlyAddr: true, type, realType: type, flags: 0, value: '', len: 0, cap: 0 },
  ...{ kind: type.startsWith('*') ? kinds.pointer : kinds.struct, children: [], base: 0 },
  ...{ unreadable: '', DeclLine: 0 },
});
