/** Who waits for an object, as lists in arrays: there may be a million of them. */
export function newWaiters() {
  const heads = new Map<number, number>();
  const next: number[] = [0];
  const goroutine: number[] = [0];
  const targets = [0];
  const awake: number[] = [];
  return {
    awake,
    has: (object: number) => heads.has(object),
    /** Whether it is the first that waits for the object. */
    add(object: number, g: number, target: number): boolean {
      const head = heads.get(object);
      targets.push(target);
      next.push(head ?? 0);
      heads.set(object, goroutine.push(g) - 1);
      return head === undefined;
    },
    wake(object: number, each: (g: number, target: number) => void) {
      for (let entry = heads.get(object) ?? 0; entry !== 0; entry = next[entry] as number) {
        awake.push(goroutine[entry] as number);
        each(goroutine[entry] as number, targets[entry] as number);
      }
    },
  };
}
