/**
 * A doubly linked list of distinct numbers from 0 to capacity - 1. In order of the last `touch`, it is a
 * queue of deadlines for any one timeout: the oldest comes first.
 */
export class SlotList {
  #before: Int32Array<ArrayBuffer>;
  #after: Int32Array<ArrayBuffer>;
  #first = NONE;
  #last = NONE;

  constructor(capacity: number) {
    this.#before = new Int32Array(capacity);
    this.#after = new Int32Array(capacity);
  }

  /** -1 when the list is empty. */
  get first(): number {
    return this.#first;
  }

  append(slot: number): void {
    this.#before[slot] = this.#last;
    this.#after[slot] = NONE;
    if (this.#last === NONE) this.#first = slot;
    else this.#after[this.#last] = slot;
    this.#last = slot;
  }

  remove(slot: number): void {
    const before = this.#before[slot]!;
    const after = this.#after[slot]!;
    if (before === NONE) this.#first = after;
    else this.#after[before] = after;
    if (after === NONE) this.#last = before;
    else this.#before[after] = before;
  }

  /** Moves a slot to the end. */
  touch(slot: number): void {
    if (slot === this.#last) return;
    this.remove(slot);
    this.append(slot);
  }

  /** Makes room for slots up to `capacity` - 1. */
  grow(capacity: number): void {
    if (capacity === this.#after.length) return;
    this.#before = grownCopyOf(this.#before, capacity);
    this.#after = grownCopyOf(this.#after, capacity);
  }
}

const NONE = -1;

function grownCopyOf(array: Int32Array, capacity: number): Int32Array<ArrayBuffer> {
  const larger = new Int32Array(capacity);
  larger.set(array);
  return larger;
}
