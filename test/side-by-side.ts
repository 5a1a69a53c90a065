/**
 * Runs the work for every name, a few at a time; each result is a promise of its own. Delve is idle for much of a capture
 * and of an analysis: more than the cores of a small machine.
 */
export function sideBySide<T>(
  names: readonly string[],
  work: (name: string) => Promise<T>,
  atOnce = 3,
): Map<string, Promise<T>> {
  const lanes = Array.from({ length: atOnce }, () => Promise.resolve());
  return new Map(
    names.map((name, i) => {
      const lane = i % atOnce;
      const result = (lanes[lane] ?? Promise.resolve()).then(() => work(name));
      lanes[lane] = result.then(
        () => undefined,
        () => undefined,
      );
      return [name, result];
    }),
  );
}

/** Of one of the names; throws what its work threw. */
export async function resultOf<T>(results: ReadonlyMap<string, Promise<T>>, name: string): Promise<T> {
  const result = results.get(name);
  if (result === undefined) throw new Error(`${name} was not asked for`);
  return await result;
}
