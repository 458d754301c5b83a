/**
 * A cursor over octets in network byte order. It does not check bounds on each read: whoever reads asks
 * `has(n)` first, so that a shortage is noticed where it can be named.
 */
export class ByteReader {
  readonly bytes: Uint8Array;
  offset: number;
  readonly end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get left(): number {
    return this.end - this.offset;
  }

  has(octets: number): boolean {
    return octets <= this.end - this.offset;
  }

  skip(octets: number): void {
    this.offset += octets;
  }

  unsigned8(): number {
    return this.bytes[this.offset++]!;
  }

  unsigned16(): number {
    const value = this.peekUnsigned16();
    this.offset += 2;
    return value;
  }

  peekUnsigned16(): number {
    return (this.bytes[this.offset]! << 8) | this.bytes[this.offset + 1]!;
  }

  unsigned32(): number {
    return this.unsigned16() * 0x10000 + this.unsigned16();
  }

  /** The next octets, shared with the message, not copied. */
  take(octets: number): Uint8Array {
    const taken = this.bytes.subarray(this.offset, this.offset + octets);
    this.offset += octets;
    return taken;
  }

  /** A cursor of its own over the next octets, which this one steps over. */
  within(octets: number): ByteReader {
    const inner = new ByteReader(this.bytes, this.offset, this.offset + octets);
    this.offset += octets;
    return inner;
  }

  /**
   * Octets that the next value of a field takes, after its length prefix if the field has one;
   * -1 if the prefix or the value runs past the end.
   *
   *     fixed length:      value (length octets)
   *     up to 254 octets:  length (1) | value                      RFC 7011 section 7
   *     longer, or so chosen:  255 (1) | length (2) | value
   */
  valueLength(fieldLength: number): number {
    let octets = fieldLength;
    if (fieldLength === 0xffff) {
      if (!this.has(1)) return -1;
      octets = this.unsigned8();
      if (octets === 255) {
        if (!this.has(2)) return -1;
        octets = this.unsigned16();
      }
    }
    return this.has(octets) ? octets : -1;
  }
}
