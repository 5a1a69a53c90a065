import type { GoFunction } from './functions.js';

/**
 * The same function, that works out each answer once: trees never change, and in a program with thousands of
 * goroutines the same few places are asked about again and again. `more` tells apart what `fn` does not.
 */
export function rememberPerFunction<A extends readonly unknown[], T>(
  make: (fn: GoFunction, ...rest: A) => T,
  more: (...rest: A) => string | number = () => '',
): (fn: GoFunction, ...rest: A) => T {
  const trees = new WeakMap<object, Map<string, T>>();
  return (fn, ...rest) => {
    const known = trees.get(fn.node.tree) ?? new Map<string, T>();
    trees.set(fn.node.tree, known);
    const key = `${fn.node.id} ${more(...rest)}`;
    const found = known.get(key);
    if (found !== undefined || known.has(key)) return found as T;
    const made = make(fn, ...rest);
    known.set(key, made);
    return made;
  };
}
