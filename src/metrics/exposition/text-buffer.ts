const ZERO = 0x30;
const BILLION = 1e9;

/** Text as UTF-8 that grows at its end. Numbers and octets are written without allocating. */
export class TextBuffer {
  #bytes: Buffer;
  #length = 0;
  readonly #octets: number;

  /** @param octets initial capacity */
  constructor(octets: number) {
    this.#octets = octets;
    this.#bytes = Buffer.allocUnsafeSlow(octets);
  }

  get length(): number {
    return this.#length;
  }

  /** The text so far, which now belongs to the caller; further text goes into a new buffer. */
  take(): Buffer {
    const taken = this.#bytes.subarray(0, this.#length);
    this.#bytes = Buffer.allocUnsafeSlow(this.#octets);
    this.#length = 0;
    return taken;
  }

  text(text: string): void {
    this.#reserve(text.length * 3);
    this.#length += this.#bytes.write(text, this.#length, 'utf8');
  }

  octets(from: Uint8Array, offset = 0, length = from.length): void {
    this.#reserve(length);
    const bytes = this.#bytes;
    const at = this.#length;
    for (let i = 0; i < length; i++) bytes[at + i] = from[offset + i]!;
    this.#length = at + length;
  }

  /**
   * A number as Prometheus and OpenMetrics write it: digits, JavaScript's exponent, `+Inf`, `-Inf`, `NaN`.
   */
  number(value: number): void {
    if (Number.isSafeInteger(value) && value >= 0) this.#integer(value);
    else if (Number.isFinite(value) || Number.isNaN(value)) this.text(String(value));
    else this.text(value > 0 ? '+Inf' : '-Inf');
  }

  /** At most 16 digits; the last nine fit into the engine's small integers. */
  #integer(value: number): void {
    this.#reserve(16);
    if (value < BILLION) {
      this.#digits(value | 0, digitsOf(value));
      return;
    }
    const high = Math.floor(value / BILLION);
    this.#digits(high, digitsOf(high));
    this.#digits(value - high * BILLION, 9);
  }

  #digits(value: number, count: number): void {
    const bytes = this.#bytes;
    let rest = value;
    for (let at = this.#length + count - 1; at >= this.#length; at--) {
      const tenth = Math.floor(rest / 10);
      bytes[at] = ZERO + rest - tenth * 10;
      rest = tenth;
    }
    this.#length += count;
  }

  #reserve(octets: number): void {
    const needed = this.#length + octets;
    if (needed <= this.#bytes.length) return;
    const grown = Buffer.allocUnsafeSlow(Math.max(needed, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}

function digitsOf(value: number): number {
  let count = 1;
  for (let bound = 10; value >= bound; bound *= 10) count++;
  return count;
}
