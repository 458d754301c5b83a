/**
 * Walks the attributes of a netlink message or of a nested attribute, without allocating anything:
 *
 *     0               16              32
 *     +---------------+---------------+--------------------- - -
 *     | nla_len (LE)  | flags | type  | value (nla_len - 4), padded to 4 octets
 *     +---------------+---------------+--------------------- - -
 *
 * nla_len counts its own four octets. A length below 4 or beyond the enclosing end ends the walk. A value too
 * short for the requested number reads as 0. Both set `malformed`; nothing throws.
 */
export class AttributeCursor {
  /** Number of the attribute, without the flags NLA_F_NESTED and NLA_F_NET_BYTEORDER. */
  type = 0;
  /** First octet of the value, and the one after its last. */
  start = 0;
  end = 0;
  malformed = false;
  bytes: Uint8Array = nothing;
  #view: DataView = new DataView(nothing.buffer);
  #limit = 0;

  /**
   * Stands before the first attribute of bytes[start, end), where start is a multiple of 4. Resets
   * `malformed`.
   */
  open(bytes: Uint8Array, start: number, end: number): this {
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.length);
    }
    this.malformed = start > end || end > bytes.length;
    this.#limit = this.malformed ? start : end;
    this.end = start;
    return this;
  }

  /** Stands before the first attribute inside the current attribute of `outer`. */
  enter(outer: AttributeCursor): this {
    return this.open(outer.bytes, outer.start, outer.end);
  }

  /** Moves to the next attribute; false when there is none or it does not fit. */
  next(): boolean {
    const at = (this.end + 3) & ~3;
    const left = this.#limit - at;
    if (left < 4) {
      if (left > 0) this.malformed = true;
      return false;
    }
    const header = this.#view.getUint32(at, true);
    const length = header & 0xffff;
    if (length < 4 || length > left) {
      this.malformed = true;
      this.end = this.#limit;
      return false;
    }
    this.type = (header >>> 16) & NLA_TYPE_MASK;
    this.start = at + 4;
    this.end = at + length;
    return true;
  }

  get octets(): number {
    return this.end - this.start;
  }

  u8(): number {
    return this.#holds(1) ? this.bytes[this.start]! : 0;
  }

  /** Network byte order, as nearly all of nfnetlink is. */
  u16(): number {
    return this.#holds(2) ? this.#view.getUint16(this.start) : 0;
  }

  u32(): number {
    return this.#holds(4) ? this.#view.getUint32(this.start) : 0;
  }

  /** The word at octet 4 * `index` of the value, for example in an IPv6 address. */
  wordAt(index: number): number {
    return this.#holds(4 * index + 4) ? this.#view.getUint32(this.start + 4 * index) : 0;
  }

  /** Exact up to 2^53; a counter beyond (9 petaoctets) is rounded. */
  u64(): number {
    if (!this.#holds(8)) return 0;
    return this.#view.getUint32(this.start) * 0x1_0000_0000 + this.#view.getUint32(this.start + 4);
  }

  /** Host byte order, as in rtnetlink. */
  hostU32(): number {
    return this.#holds(4) ? this.#view.getUint32(this.start, true) : 0;
  }

  /** The counter at octet 8 * `index` of the value, in host byte order; exact up to 2^53. */
  hostU64At(index: number): number {
    if (!this.#holds(8 * index + 8)) return 0;
    const at = this.start + 8 * index;
    return this.#view.getUint32(at + 4, true) * 0x1_0000_0000 + this.#view.getUint32(at, true);
  }

  /** Text up to the first NUL or the end of the value. Allocates. */
  text(): string {
    let end = this.start;
    while (end < this.end && this.bytes[end] !== 0) end++;
    return utf8.decode(this.bytes.subarray(this.start, end));
  }

  #holds(octets: number): boolean {
    if (this.end - this.start >= octets) return true;
    this.malformed = true;
    return false;
  }
}

/**
 * Walks the messages of one received datagram, without allocating:
 *
 *     0                               32              48              64
 *     +-------------------------------+---------------+---------------+
 *     | nlmsg_len (host order)        | nlmsg_type    | nlmsg_flags   |
 *     | nlmsg_seq                     | nlmsg_pid                     |
 *     +-------------------------------+-------------------------------+
 *     | payload (nlmsg_len - 16), padded to 4 octets                  |
 */
export class MessageCursor {
  type = 0;
  flags = 0;
  sequence = 0;
  /** First octet of the payload (a struct nfgenmsg in nfnetlink), and the one after its last. */
  start = 0;
  end = 0;
  malformed = false;
  bytes: Uint8Array = nothing;
  #next = 0;
  #limit = 0;

  open(bytes: Uint8Array, octets: number): this {
    this.bytes = bytes;
    this.malformed = octets > bytes.length;
    this.#next = 0;
    this.#limit = this.malformed ? 0 : octets;
    return this;
  }

  next(): boolean {
    const at = this.#next;
    const left = this.#limit - at;
    if (left < 16) {
      if (left > 0) this.malformed = true;
      return false;
    }
    const bytes = this.bytes;
    const length = hostWord(bytes, at);
    if (length < 16 || length > left) {
      this.malformed = true;
      this.#next = this.#limit;
      return false;
    }
    this.type = bytes[at + 4]! | (bytes[at + 5]! << 8);
    this.flags = bytes[at + 6]! | (bytes[at + 7]! << 8);
    this.sequence = hostWord(bytes, at + 8);
    this.start = at + 16;
    this.end = at + length;
    this.#next = at + ((length + 3) & ~3);
    return true;
  }
}

const NLA_TYPE_MASK = 0x3fff;
const nothing = new Uint8Array(0);
const utf8 = new TextDecoder();

function hostWord(bytes: Uint8Array, at: number): number {
  return (bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24)) >>> 0;
}
