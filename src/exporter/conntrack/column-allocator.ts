/** Lays out columns of a fixed number of rows in one buffer, each aligned to 8 octets. */
export class ColumnAllocator {
  /** Octets taken so far. */
  used = 0;
  readonly #buffer: ArrayBuffer;
  readonly #rows: number;

  constructor(buffer: ArrayBuffer, rows: number) {
    this.#buffer = buffer;
    this.#rows = rows;
  }

  /** One word that is not a column. */
  header(): Uint32Array {
    return new Uint32Array(this.#buffer, this.#take(4), 1);
  }

  doubles(): Float64Array {
    return new Float64Array(this.#buffer, this.#take(8 * this.#rows), this.#rows);
  }

  words(perRow = 1): Uint32Array {
    return new Uint32Array(this.#buffer, this.#take(4 * perRow * this.#rows), perRow * this.#rows);
  }

  shorts(): Uint16Array {
    return new Uint16Array(this.#buffer, this.#take(2 * this.#rows), this.#rows);
  }

  octets(): Uint8Array {
    return new Uint8Array(this.#buffer, this.#take(this.#rows), this.#rows);
  }

  #take(octets: number): number {
    const at = this.used;
    this.used = at + ((octets + 7) & ~7);
    return at;
  }
}
