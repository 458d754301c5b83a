/**
 * A cursor over octets in network byte order. It does not check bounds on each read: callers first call
 * `has(n)`, so that a shortage is reported where its place is known.
 */
export class ByteReader {
  bytes: Uint8Array;
  offset: number;
  end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  get left(): number {
    return this.end - this.offset;
  }

  /** The offset after the last octet that is not zero: from there on, only padding is left. */
  get paddingStart(): number {
    let at = this.end;
    while (at > this.offset && this.bytes[at - 1] === 0) at--;
    return at;
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

  /** The next octets, which share the message's memory. */
  take(octets: number): Uint8Array {
    const taken = this.bytes.subarray(this.offset, this.offset + octets);
    this.offset += octets;
    return taken;
  }

  /** A separate cursor over the next octets, which this one skips. */
  within(octets: number): ByteReader {
    const inner = new ByteReader(this.bytes, this.offset, this.offset + octets);
    this.offset += octets;
    return inner;
  }

  /**
   * Octets of a field's next value, after its length prefix if it has one; -1 if either exceeds the end.
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
