/**
 * Memory of rows that have become a file, for the next ones. New memory for 50 MB of rows each second would
 * stay until V8 looks for garbage. It is shared, so that another thread can read the rows.
 */
export class RowMemory {
  readonly #free: SharedArrayBuffer[] = [];
  /** So many were free at each moment since the last look. */
  #unused = 0;

  /** Its content is left over from the use before. */
  take(octets: number): SharedArrayBuffer {
    const at = this.#free.findLastIndex(({ byteLength }) => byteLength === octets);
    const [found] = at < 0 ? [] : this.#free.splice(at, 1);
    this.#unused = Math.min(this.#unused, this.#free.length);
    return found ?? new SharedArrayBuffer(octets);
  }

  giveBack(buffers: readonly SharedArrayBuffer[]): void {
    this.#free.push(...buffers);
  }

  /** Frees what nobody took since the last call. */
  shrink(): void {
    this.#free.splice(0, this.#unused);
    this.#unused = this.#free.length;
  }
}
