/** A map of bounded size: the least recently used entry gives way. */
export class RecentlyUsed<Value> {
  readonly #max: number;
  readonly #onGone: (value: Value) => void;
  readonly #entries = new Map<string, Value>();

  /** @param onGone called with each entry that gave way */
  constructor(max: number, onGone: (value: Value) => void = () => {}) {
    this.#max = max;
    this.#onGone = onGone;
  }

  get(key: string): Value | undefined {
    const value = this.#entries.get(key);
    if (value === undefined) return undefined;
    this.#entries.delete(key);
    this.#entries.set(key, value);
    return value;
  }

  set(key: string, value: Value): void {
    this.#entries.set(key, value);
    if (this.#entries.size <= this.#max) return;
    const [[oldestKey, oldest]] = this.#entries as Iterable<[string, Value]> as [[string, Value]];
    this.#entries.delete(oldestKey);
    this.#onGone(oldest);
  }

  delete(key: string): void {
    this.#entries.delete(key);
  }

  values(): Iterable<Value> {
    return this.#entries.values();
  }
}
