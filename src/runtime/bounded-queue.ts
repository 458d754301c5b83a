/**
 * A first-in, first-out queue with a bounded total weight. Each item has a weight (records, octets). `offer`
 * refuses what does not fit, and the caller counts it.
 */
export class BoundedQueue<T> {
  /** A lower one refuses more, and drops nothing. */
  capacity: number;
  #weight = 0;
  #items: { readonly item: T; readonly weight: number }[] = [];
  #head = 0;

  /** @param capacity maximum total weight */
  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** Total weight held. */
  get weight(): number {
    return this.#weight;
  }

  get length(): number {
    return this.#items.length - this.#head;
  }

  /** Whether the item was taken. An item that outweighs the whole queue is taken only when it is empty. */
  offer(item: T, weight: number): boolean {
    if (this.#weight + weight > this.capacity && this.#weight > 0) return false;
    this.#items.push({ item, weight });
    this.#weight += weight;
    return true;
  }

  take(): T | undefined {
    const next = this.#items[this.#head];
    if (next === undefined) return undefined;
    this.#items[this.#head++] = undefined as never;
    if (this.#head > 64 && this.#head * 2 > this.#items.length) {
      this.#items = this.#items.slice(this.#head);
      this.#head = 0;
    }
    this.#weight -= next.weight;
    return next.item;
  }
}
