/** Numbers pairs of numbers from 0 on, in the order in which they are first met. */
export interface Interner {
  idOf(a: number, b: number): number;
  /** -1 when the pair was never met. */
  find(a: number, b: number): number;
  readonly size: number;
  first(id: number): number;
  second(id: number): number;
  /** All pairs, by their numbers: the arrays themselves, to be given away. */
  columns(): Pairs;
}

export interface Pairs {
  readonly size: number;
  readonly a: Float64Array<ArrayBuffer>;
  readonly b: Float64Array<ArrayBuffer>;
}

/** A hash table in typed arrays: a million pairs take 40 MB, where a `Map` of strings takes ten times that. */
export function interner(): Interner {
  let capacity = 1024;
  let slots = new Int32Array(capacity).fill(-1);
  let a = new Float64Array(capacity / 2);
  let b = new Float64Array(capacity / 2);
  let size = 0;
  let last = -1;

  function slotOf(x: number, y: number): number {
    let at = hash(x, y) & (capacity - 1);
    for (;;) {
      const id = slots[at] as number;
      if (id < 0 || (a[id] === x && b[id] === y)) return at;
      at = (at + 1) & (capacity - 1);
    }
  }

  function grow(): void {
    capacity *= 2;
    slots = new Int32Array(capacity).fill(-1);
    a = enlarged(a);
    b = enlarged(b);
    for (let id = 0; id < size; id++) slots[slotOf(a[id] as number, b[id] as number)] = id;
  }

  return {
    idOf(x, y) {
      if (last >= 0 && a[last] === x && b[last] === y) return last;
      let at = slotOf(x, y);
      if ((slots[at] as number) < 0) {
        if (size === capacity / 2) {
          grow();
          at = slotOf(x, y);
        }
        a[size] = x;
        b[size] = y;
        slots[at] = size++;
      }
      last = slots[at] as number;
      return last;
    },
    find: (x, y) => slots[slotOf(x, y)] as number,
    get size() {
      return size;
    },
    first: (id) => a[id] ?? Number.NaN,
    second: (id) => b[id] ?? Number.NaN,
    columns: () => ({ size, a, b }),
  };
}

/** Both halves of both numbers count: addresses differ in few bits, and above the 32nd too. */
function hash(x: number, y: number): number {
  let h = Math.imul(x | 0, 0x9e3779b1) ^ Math.imul((x / 4294967296) | 0, 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 15), 0x2c1b3c6d) ^ Math.imul(y | 0, 0xc2b2ae35);
  h = Math.imul(h ^ (h >>> 13), 0x297a2d39) ^ ((y / 4294967296) | 0);
  return h ^ (h >>> 16);
}

/** A copy of twice the length. */
export function enlarged(array: Uint32Array<ArrayBuffer>): Uint32Array<ArrayBuffer>;
export function enlarged(array: Float64Array<ArrayBuffer>): Float64Array<ArrayBuffer>;
export function enlarged(
  array: Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer>,
): Uint32Array<ArrayBuffer> | Float64Array<ArrayBuffer> {
  const twice =
    array instanceof Float64Array ? new Float64Array(array.length * 2) : new Uint32Array(array.length * 2);
  twice.set(array);
  return twice;
}
