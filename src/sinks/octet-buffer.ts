/** Octets one after another in memory that is used again: new memory for each batch would be much garbage. */
export class OctetBuffer {
  #octets = Buffer.alloc(65_536);
  length = 0;

  /** What has been added, until the next change. */
  get octets(): Buffer {
    return this.#octets.subarray(0, this.length);
  }

  /** So many octets of zero, or of before, to be filled by the caller at once. */
  reserve(octets: number): Uint8Array<ArrayBuffer> {
    const start = this.length;
    this.length += octets;
    if (this.length > this.#octets.length) {
      const grown = Buffer.alloc(this.length * 2);
      this.#octets.copy(grown, 0, 0, start);
      this.#octets = grown;
    }
    return new Uint8Array(this.#octets.buffer, this.#octets.byteOffset + start, octets);
  }

  add(from: Uint8Array, start = 0, end = from.length): void {
    this.reserve(end - start);
    const source = Buffer.from(from.buffer, from.byteOffset, from.length);
    source.copy(this.#octets, this.length - (end - start), start, end);
  }
}
