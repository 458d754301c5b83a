/** A map of bounded size: the least recently used entry gives way. */
export class RecentlyUsed<Value, Key = string> {
  readonly #max: number;
  readonly #onGone: (value: Value) => void;
  readonly #entries = new Map<Key, Value>();

  /** @param onGone called with each entry that gave way */
  constructor(max: number, onGone: (value: Value) => void = () => {}) {
    this.#max = max;
    this.#onGone = onGone;
  }

  get(key: Key): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: Key, value: Value): void {
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    const [[oldestKey, oldest]] = this.#entries as Iterable<[Key, Value]> as [[Key, Value]];
    this.#entries.delete(oldestKey);
    this.#onGone(oldest);
  }

  delete(key: Key): void {
    this.#entries.delete(key);
  }

  values(): Iterable<Value> {
    return this.#entries.values();
  }
}
