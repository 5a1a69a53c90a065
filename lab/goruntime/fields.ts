import { LabError } from '../errors.js';

/** A variable as far as layouts need it; Delve's `api.Variable` has these fields. */
export interface LayoutVariable {
  readonly name: string;
  /** As Go spells it: `uint16`, `*runtime.mspan`. */
  readonly type: string;
  readonly addr: number;
  readonly value: string;
  readonly len: number;
  readonly base: number;
  readonly children: readonly LayoutVariable[];
  readonly unreadable: string;
}

/** Evaluates a Go expression of package-level variables and casts, structs expanded two levels deep. */
export type EvaluateGlobal = (expression: string, signal: AbortSignal) => Promise<LayoutVariable>;

/** Byte offsets of a struct's fields, nested ones with dots: `sched.pc`. */
export type Offsets = ReadonlyMap<string, number>;

/*
 * Types are named in quotes: Delve takes an unquoted package name for any package of that name, and programs have
 * packages called `runtime` or `sync` of their own, Go's library `internal/sync`.
 */

/** Offsets of a struct's fields; `at` is any mapped address: only the distances count. */
export async function structOf(type: string, at: number, evaluate: EvaluateGlobal, signal: AbortSignal) {
  const fields = fieldsIn(await evaluate(`*(*"${type}")(${at})`, signal), at);
  return new Map([...fields].map(([name, { offset }]) => [name, offset]));
}

/** As {@link structOf}; nothing where the program has no such type, or describes none. */
export async function structIfAny(
  type: string,
  at: number,
  evaluate: EvaluateGlobal,
  signal: AbortSignal,
): Promise<Offsets> {
  try {
    return await structOf(type, at, evaluate, signal);
  } catch (error) {
    if (error instanceof LabError && error.code === 'undecided') return new Map();
    throw error;
  }
}

/** Fields of a struct that lies at `at`, nested ones with dots: where they are, and of which type. */
export function fieldsIn(struct: LayoutVariable, at: number) {
  const fields = new Map<string, { readonly offset: number; readonly type: string }>();
  const collect = (parent: LayoutVariable, prefix: string, depth: number) => {
    for (const child of parent.children) {
      // A pointer's pointee lies elsewhere and has no name.
      if (child.name === '' || child.addr < at || child.addr > at + 4096) continue;
      fields.set(prefix + child.name, { offset: child.addr - at, type: child.type });
      if (depth < 2) collect(child, `${prefix}${child.name}.`, depth + 1);
    }
  };
  collect(struct, '', 0);
  return fields;
}
