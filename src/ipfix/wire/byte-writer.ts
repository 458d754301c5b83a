/**
 * A cursor that writes octets in network byte order. Like the reader, it leaves bounds to callers of `has`.
 */
export class ByteWriter {
  readonly bytes: Uint8Array;
  offset: number;
  /** Nothing is written here or beyond. */
  readonly end: number;

  constructor(bytes: Uint8Array, offset = 0, end = bytes.length) {
    this.bytes = bytes;
    this.offset = offset;
    this.end = end;
  }

  has(octets: number): boolean {
    return octets <= this.end - this.offset;
  }

  unsigned8(value: number): void {
    this.bytes[this.offset++] = value;
  }

  unsigned16(value: number): void {
    this.putUnsigned16(this.offset, value);
    this.offset += 2;
  }

  /** Writes a value at an earlier place, once it is known. */
  putUnsigned16(offset: number, value: number): void {
    this.bytes[offset] = value >>> 8;
    this.bytes[offset + 1] = value;
  }

  unsigned32(value: number): void {
    this.unsigned16(value >>> 16);
    this.unsigned16(value & 0xffff);
  }

  octets(octets: Uint8Array): void {
    this.bytes.set(octets, this.offset);
    this.offset += octets.length;
  }

  /** The length of a variable-length value: one octet up to 254, else 255 and two (RFC 7011 section 7). */
  valueLength(octets: number): void {
    if (octets < 255) {
      this.unsigned8(octets);
    } else {
      this.unsigned8(255);
      this.unsigned16(octets);
    }
  }
}

/** Octets of a variable-length value with the length before it. */
export function variableOctets(octets: number): number {
  return octets + (octets < 255 ? 1 : 3);
}
