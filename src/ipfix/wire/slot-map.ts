/** Empty slots that stay, beside as many as there are values. */
const EMPTY_SLOTS = 64;

/**
 * A map for numbers that come and go at a peer's will. A removed one leaves its slot empty for the next:
 * `Map` finds a key that was deleted a thousand times only after a thousand steps.
 */
export class SlotMap<V> {
  #slots = new Map<number, V | undefined>();
  #size = 0;

  get size(): number {
    return this.#size;
  }

  get(key: number): V | undefined {
    return this.#slots.get(key);
  }

  set(key: number, value: V): void {
    if (this.#slots.get(key) === undefined) this.#size++;
    this.#slots.set(key, value);
  }

  /** @returns whether there was a value */
  delete(key: number): boolean {
    if (this.#slots.get(key) === undefined) return false;
    this.#slots.set(key, undefined);
    this.#size--;
    if (this.#slots.size > 2 * this.#size + EMPTY_SLOTS) this.#slots = new Map(this);
    return true;
  }

  *[Symbol.iterator](): Generator<[number, V]> {
    for (const [key, value] of this.#slots) if (value !== undefined) yield [key, value];
  }
}
