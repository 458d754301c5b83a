/** What a part of a message is, for those who break it. */
export type PartKind =
  | 'version'
  | 'length'
  | 'time'
  | 'sequence'
  | 'domain'
  | 'set id'
  | 'set length'
  | 'template id'
  | 'field count'
  | 'element'
  | 'field length'
  | 'enterprise'
  | 'value length'
  | 'list header'
  | 'sample format'
  | 'sample length'
  | 'value';

export interface MessagePart {
  readonly kind: PartKind;
  readonly offset: number;
  /** Octets. */
  readonly size: number;
}

/** Octets of a message under construction, independently of the tested codec. It notes where each part is. */
export class MessageOctets {
  #bytes = new Uint8Array(512);
  #length = 0;
  readonly parts: MessagePart[] = [];

  get length(): number {
    return this.#length;
  }

  get octets(): Uint8Array {
    return this.#bytes.slice(0, this.#length);
  }

  /** An unsigned integer of `size` octets. */
  number(kind: PartKind, size: number, value: number): this {
    this.parts.push({ kind, offset: this.#length, size });
    this.#grow(size);
    for (let shift = size - 1; shift >= 0; shift--) {
      this.#bytes[this.#length++] = Math.floor(value / 256 ** shift) % 256;
    }
    return this;
  }

  put(kind: PartKind, octets: ArrayLike<number>): this {
    this.parts.push({ kind, offset: this.#length, size: octets.length });
    return this.putRaw(octets);
  }

  /** Octets that are no part: padding, or a list whose parts are inside it. */
  putRaw(octets: ArrayLike<number>): this {
    this.#grow(octets.length);
    this.#bytes.set(octets, this.#length);
    this.#length += octets.length;
    return this;
  }

  /** Writes the parts of another at the end of this. */
  append(other: MessageOctets): this {
    for (const part of other.parts) this.parts.push({ ...part, offset: part.offset + this.#length });
    return this.putRaw(other.octets);
  }

  /** Two octets at an earlier place, as for a length that is known at the end. */
  patch16(offset: number, value: number): void {
    this.#bytes[offset] = value >>> 8;
    this.#bytes[offset + 1] = value;
  }

  #grow(octets: number): void {
    if (this.#length + octets <= this.#bytes.length) return;
    const grown = new Uint8Array(Math.max(this.#length + octets, this.#bytes.length * 2));
    grown.set(this.#bytes.subarray(0, this.#length));
    this.#bytes = grown;
  }
}
