/**
 * Numbers pairs of whole numbers below 2^32, from 0 on, in the order in which they come. It is a hash table
 * in typed arrays, with which the garbage collector has nothing to do.
 */
export class PairNumbers {
  #size = 0;
  #firsts = new Uint32Array(256);
  #seconds = new Uint32Array(256);
  /** The number of a pair and 1, or 0 when it is free. At most half of them are taken. */
  #slots = new Int32Array(512);

  /** The number of a pair, which has one from now on. */
  of(first: number, second: number): number {
    const known = this.#slots[this.#slotOf(first, second)]!;
    if (known !== 0) return known - 1;
    const number = this.#size++;
    if (number === this.#firsts.length) this.#grow();
    this.#slots[this.#slotOf(first, second)] = this.#size;
    this.#firsts[number] = first;
    this.#seconds[number] = second;
    return number;
  }

  /** Undefined for a pair that has no number. */
  find(first: number, second: number): number | undefined {
    const known = this.#slots[this.#slotOf(first, second)]!;
    return known === 0 ? undefined : known - 1;
  }

  /** That of a pair, or the free one where it belongs. */
  #slotOf(first: number, second: number): number {
    const mask = this.#slots.length - 1;
    const mixed = Math.imul(Math.imul(first, 0x9e3779b1) ^ second, 0x85ebca6b);
    let slot = (mixed ^ (mixed >>> 15)) & mask;
    for (;;) {
      const at = this.#slots[slot]! - 1;
      if (at < 0 || (this.#firsts[at] === first && this.#seconds[at] === second)) return slot;
      slot = (slot + 1) & mask;
    }
  }

  #grow(): void {
    const [firsts, seconds] = [this.#firsts, this.#seconds];
    this.#firsts = new Uint32Array(firsts.length * 2);
    this.#seconds = new Uint32Array(firsts.length * 2);
    this.#firsts.set(firsts);
    this.#seconds.set(seconds);
    this.#slots = new Int32Array(this.#slots.length * 2);
    for (let number = 0; number < firsts.length; number++)
      this.#slots[this.#slotOf(firsts[number]!, seconds[number]!)] = number + 1;
  }
}
