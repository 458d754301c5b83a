/**
 * A field of a protobuf message: its key, where the key begins, and its content. The content is empty for a
 * field without a length.
 */
export interface ProtobufField {
  readonly key: number;
  readonly start: number;
  readonly content: Uint8Array;
  /** The value of a varint. */
  readonly value: number;
}

/**
 * Reads the fields of a message: varints and fields with a length. Loki's push.proto has no others.
 */
export class ProtobufReader {
  at = 0;
  readonly #bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  /** @throws {RangeError} when the message is truncated, or has fields of another kind */
  *fields(): Generator<ProtobufField> {
    while (this.at < this.#bytes.length) yield this.#field();
  }

  /** @throws {RangeError} */
  skip(): void {
    this.#field();
  }

  #field(): ProtobufField {
    const start = this.at;
    const key = this.#varint();
    const value = this.#varint();
    if ((key & 7) === 0) return { key, start, value, content: nothing };
    if ((key & 7) !== 2) throw new RangeError(`a field of wire type ${key & 7} at octet ${start}`);
    const end = this.at + value;
    if (end > this.#bytes.length) throw new RangeError(`a field of ${value} octets at ${start} is cut off`);
    const content = this.#bytes.subarray(this.at, end);
    this.at = end;
    return { key, start, value: 0, content };
  }

  #varint(): number {
    let value = 0;
    for (let scale = 1; ; scale *= 128) {
      const octet = this.#bytes[this.at++];
      if (octet === undefined) throw new RangeError('a number is cut off');
      value += (octet & 0x7f) * scale;
      if (octet < 0x80) return value;
    }
  }
}

const nothing = new Uint8Array(0);

export function joinedPieces(pieces: readonly Uint8Array[]): Uint8Array {
  const whole = new Uint8Array(pieces.reduce((sum, { length }) => sum + length, 0));
  let at = 0;
  for (const piece of pieces) {
    whole.set(piece, at);
    at += piece.length;
  }
  return whole;
}
