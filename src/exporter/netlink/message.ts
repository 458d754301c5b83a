import { NFGENMSG_OCTETS, NLMSG_HEADER_OCTETS } from './nfnetlink.ts';

const NLA_F_NESTED = 0x8000;

/**
 * Writes one or more netfilter netlink messages after each other:
 *
 *     nlmsghdr (16) | nfgenmsg: family (8), version 0 (8), resource id (16, network order) | attributes …
 *
 * It fills in the lengths of messages and nested attributes when they end. Requests are small and rare; the
 * buffer doubles when it must.
 */
export class MessageBuilder {
  #bytes = new Uint8Array(512);
  #view = new DataView(this.#bytes.buffer);
  #length = 0;
  #messageAt = -1;
  #nests: number[] = [];

  message(type: number, flags: number, sequence: number, family = 0, resourceId = 0): this {
    this.#endMessage();
    const at = this.#reserve(NLMSG_HEADER_OCTETS + NFGENMSG_OCTETS);
    this.#messageAt = at;
    this.#view.setUint16(at + 4, type, true);
    this.#view.setUint16(at + 6, flags, true);
    this.#view.setUint32(at + 8, sequence, true);
    this.#view.setUint32(at + 12, 0, true);
    this.#view.setUint8(at + 16, family);
    this.#view.setUint8(at + 17, 0);
    this.#view.setUint16(at + 18, resourceId);
    return this;
  }

  bytes(type: number, value: Uint8Array): this {
    const at = this.#attribute(type, value.length);
    this.#bytes.set(value, at);
    return this;
  }

  /** Text with the final NUL that the kernel expects in names. */
  text(type: number, value: string): this {
    return this.bytes(type, new TextEncoder().encode(`${value}\0`));
  }

  u8(type: number, value: number): this {
    const at = this.#attribute(type, 1);
    this.#view.setUint8(at, value);
    return this;
  }

  /** Network byte order, as the wider ones below. */
  u16(type: number, value: number): this {
    const at = this.#attribute(type, 2);
    this.#view.setUint16(at, value);
    return this;
  }

  u32(type: number, value: number): this {
    const at = this.#attribute(type, 4);
    this.#view.setUint32(at, value);
    return this;
  }

  u64(type: number, value: bigint): this {
    const at = this.#attribute(type, 8);
    this.#view.setBigUint64(at, value);
    return this;
  }

  /** An attribute that holds what `inner` writes. */
  nest(type: number, inner: (builder: this) => void): this {
    const at = this.#attribute(type | NLA_F_NESTED, 0) - 4;
    this.#nests.push(at);
    inner(this);
    this.#nests.pop();
    this.#view.setUint16(at, this.#length - at, true);
    return this;
  }

  /**
   * All messages so far. The builder is empty afterwards, and the bytes are its buffer: send them before the
   * next message.
   */
  finish(): Uint8Array {
    this.#endMessage();
    const finished = this.#bytes.subarray(0, this.#length);
    this.#length = 0;
    return finished;
  }

  #endMessage(): void {
    if (this.#messageAt >= 0) this.#view.setUint32(this.#messageAt, this.#length - this.#messageAt, true);
    this.#messageAt = -1;
  }

  #attribute(type: number, octets: number): number {
    const at = this.#reserve(4 + octets);
    this.#view.setUint16(at, 4 + octets, true);
    this.#view.setUint16(at + 2, type, true);
    return at + 4;
  }

  /** Reserves this many octets and their padding, which is zero. */
  #reserve(octets: number): number {
    const at = this.#length;
    const length = at + ((octets + 3) & ~3);
    if (length > this.#bytes.length) {
      const larger = new Uint8Array(Math.max(length, 2 * this.#bytes.length));
      larger.set(this.#bytes.subarray(0, at));
      this.#bytes = larger;
      this.#view = new DataView(larger.buffer);
    }
    this.#bytes.fill(0, at, length);
    this.#length = length;
    return at;
  }
}
