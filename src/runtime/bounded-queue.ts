/**
 * A first-in, first-out queue whose items have a weight (records, octets) and whose total weight is
 * bounded. `offer` refuses what does not fit: the caller counts it.
 */
export class BoundedQueue<T> {
  readonly capacity: number;
  #weight = 0;
  #items: { readonly item: T; readonly weight: number }[] = [];
  #head = 0;

  /** @param capacity greatest total weight */
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

  /** Whether the item was taken. One that outweighs the whole queue is taken only when it is empty. */
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
