/** Bytes that grow at their end. Who writes many at once reserves the room and then goes by `bytes` and `length`. */
export class ByteBuffer {
  bytes: Uint8Array;
  length = 0;

  constructor(capacity: number) {
    this.bytes = new Uint8Array(capacity);
  }

  /** What has been written; a view, which the next write may change. */
  get written(): Uint8Array {
    return this.bytes.subarray(0, this.length);
  }

  /** Makes room for so many bytes more. */
  reserve(octets: number): void {
    const needed = this.length + octets;
    if (needed <= this.bytes.length) return;
    const grown = new Uint8Array(Math.max(needed, this.bytes.length * 2));
    grown.set(this.written);
    this.bytes = grown;
  }

  /** Bytes `start` to `end` of `from`, which are few: for many, `set` of a typed array is the faster way. */
  append(from: Uint8Array, start: number, end: number): void {
    this.reserve(end - start);
    const { bytes } = this;
    let at = this.length;
    for (let i = start; i < end; i++) bytes[at++] = from[i]!;
    this.length = at;
  }
}
