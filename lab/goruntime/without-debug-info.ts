import type { CoreMemory } from '../core/memory.js';
import { LabError } from '../errors.js';
import type { EvaluateGlobal, LayoutVariable, Offsets } from './fields.js';
import { findAllgs } from './find-allgs.js';
import { findAllp } from './find-allp.js';
import { findSemaphores, findWaitReasons } from './find-tables.js';
import { goroutineOffsets, readStrings, sudogOffsets } from './layout.js';
import type { ModuleData } from './module-data.js';
import { type FindStruct, runtimeTypes, type StructType } from './runtime-types.js';
import type { EvaluateNumber } from './timers.js';

export const nothing: LayoutVariable = {
  ...{ name: '', type: '', addr: 0, value: '', len: 0, base: 0 },
  ...{ children: [], unreadable: '' },
};

export interface WithoutDebugInfo {
  readonly evaluate: EvaluateGlobal;
  readonly evaluateNumber: EvaluateNumber;
  readonly structs: FindStruct;
  /** Fields of a struct, `undefined` when the program does not describe it. */
  readonly fieldsOf: (name: string) => Offsets | undefined;
  /** Addresses of the processors, `runtime.allp`. */
  readonly processors: () => readonly number[] | undefined;
}

/**
 * Answers for a stripped program what its debug information would: structs by the program's own type
 * descriptors, variables of the runtime by what they hold. It knows the expressions that layouts are read with,
 * and throws `undecided` for those that it finds no answer to.
 */
// biome-ignore lint/complexity/noExcessiveLinesPerFunction: each table is found by those before it, and once
export function evaluatorWithoutDebugInfo(
  memory: CoreMemory,
  module: ModuleData,
  arch: string,
): WithoutDebugInfo {
  const structs = runtimeTypes(memory, module.types);
  const offsetsOf = (name: string): Offsets => {
    const struct = structs(name);
    if (struct === undefined) throw notFound(name);
    return new Map(flatten(struct, ''));
  };
  const once = <T>(find: () => T): (() => T) => {
    let known: { readonly value: T } | undefined;
    return () => {
      known ??= { value: find() };
      return known.value;
    };
  };
  const g = once(() => goroutineOffsets(offsetsOf('runtime.g')));
  const allgs = once(() => findAllgs(memory, module.variables, g()));
  const reasons = once(() => findWaitReasons(memory, module.variables));
  const semaphores = once(() => {
    const list = allgs();
    const table = reasons();
    if (list === undefined || table === undefined) return undefined;
    const layout = {
      ...{ allgs: list, g: g(), sudog: sudogOffsets(offsetsOf('runtime.sudog')) },
      waitReasons: readStrings(memory, { ...nothing, addr: table.address, len: table.length }),
    };
    return findSemaphores(memory, module.variables, layout, arch);
  });

  const nextModule = once(() => {
    const offset = structs('runtime.moduledata')?.fields.find(({ name }) => name === 'next')?.offset;
    return offset === undefined ? undefined : memory.u64(module.address + offset);
  });

  const answer = (expression: string): LayoutVariable | undefined => {
    const cast = /^\*\(\*"([\w./]+)"\)\((\d+)\)$/.exec(expression);
    if (cast?.[1] !== undefined) {
      const struct = structs(cast[1]);
      return struct === undefined ? undefined : variableOf(struct, '', Number(cast[2]));
    }
    switch (expression) {
      case 'runtime.allgs': {
        const list = allgs();
        return list === undefined ? undefined : { ...nothing, base: list.base, len: list.length };
      }
      case 'runtime.waitReasonStrings': {
        const table = reasons();
        return table === undefined ? undefined : { ...nothing, addr: table.address, len: table.length };
      }
      case 'runtime.firstmoduledata.types':
        return { ...nothing, value: String(module.types.start) };
      case 'runtime.firstmoduledata.text':
        return { ...nothing, value: String(module.text) };
      case 'runtime.firstmoduledata.etext':
        return { ...nothing, value: String(module.textEnd) };
      case 'runtime.firstmoduledata.next':
        return { ...nothing, value: String(nextModule() ?? 0) };
    }
    const table = /^runtime\.semtable(?:\[([01])\]\.root\.treap)?$/.exec(expression);
    const found = table === null ? undefined : semaphores();
    if (table === null || found === undefined) return undefined;
    return { ...nothing, len: found.length, addr: found.address + Number(table[1] ?? 0) * found.stride };
  };

  const processors = once(() => {
    const struct = structs('runtime.p');
    if (struct === undefined) return undefined;
    const offsets = new Map(flatten(struct, ''));
    const list = findAllp(memory, module.variables, offsets, struct.size);
    return list === undefined ? undefined : { list, offsets };
  });
  const number = (expression: string): number | undefined => {
    const known = processors();
    if (expression === 'len(runtime.allp)') return known?.list.length;
    const field = /^runtime\.allp\[(\d+)\]\.([\w.]+)$/.exec(expression);
    const address = known?.list[Number(field?.[1])];
    const offset = known?.offsets.get(field?.[2] ?? '');
    return address === undefined || offset === undefined ? undefined : memory.u32(address + offset);
  };

  return {
    evaluate(expression, signal) {
      signal.throwIfAborted();
      const found = answer(expression);
      return found === undefined ? Promise.reject(notFound(expression)) : Promise.resolve(found);
    },
    evaluateNumber: (expression) => Promise.resolve(number(expression)),
    structs,
    processors: () => processors()?.list,
    fieldsOf(name) {
      const struct = structs(name);
      return struct === undefined ? undefined : new Map(flatten(struct, ''));
    },
  };
}

function variableOf(struct: StructType, name: string, addr: number): LayoutVariable {
  const children = struct.fields.map((field) =>
    field.struct === undefined
      ? { ...nothing, name: field.name, type: field.type, addr: addr + field.offset }
      : { ...variableOf(field.struct, field.name, addr + field.offset), type: field.type },
  );
  return { ...nothing, name, addr, children };
}

function* flatten({ fields }: StructType, prefix: string): Generator<[string, number]> {
  for (const { name, offset, struct } of fields) {
    yield [prefix + name, offset];
    for (const [inner, more] of struct === undefined ? [] : flatten(struct, `${prefix}${name}.`))
      yield [inner, offset + more];
  }
}

export function notFound(what: string): LabError {
  return new LabError(`${what} was not found in the memory of the stripped program`, {
    code: 'undecided',
    hint: 'Pass the unstripped executable of the same build with --exe.',
  });
}
