/** Whole numbers from 1 up: 16 bytes each, where a `Set` takes three times that and ends at 16 million. */
export class IdSet {
  #slots = new Float64Array(1024);
  #size = 0;

  /** Whether it was new. */
  add(id: number): boolean {
    if (this.#size * 2 >= this.#slots.length) this.#grow();
    const at = this.#find(id);
    if (this.#slots[at] === id) return false;
    this.#slots[at] = id;
    this.#size++;
    return true;
  }

  has(id: number): boolean {
    return this.#slots[this.#find(id)] === id;
  }

  #find(id: number): number {
    const mask = this.#slots.length - 1;
    let at = (Math.imul(id | 0, 0x9e3779b1) >>> 7) & mask;
    while (this.#slots[at] !== 0 && this.#slots[at] !== id) at = (at + 1) & mask;
    return at;
  }

  #grow(): void {
    const old = this.#slots;
    this.#slots = new Float64Array(old.length * 2);
    for (const id of old) if (id !== 0) this.#slots[this.#find(id)] = id;
  }
}
