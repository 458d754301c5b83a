import { TcpFlag, type TransportPacket } from './transport-packet.ts';

/** Octets that may wait for a missing segment before it is given up. */
const MAX_WAITING_OCTETS = 1024 * 1024;

interface Segment {
  readonly sequence: number;
  readonly octets: Uint8Array;
}

/** Where a stream's octets go, in order. */
export interface StreamHandler {
  octets(octets: Uint8Array): void;
  /** So many octets are not in the capture; those that come next follow them. */
  gap(octets: number): void;
}

/**
 * One direction of a TCP connection put together again: segments in the order of their sequence numbers
 * (RFC 9293 section 3.4), whatever the order of capture; what was sent twice comes once.
 */
export class TcpStream {
  readonly #handler: StreamHandler;
  /** Sequence number of the next octet; undefined until the first segment. */
  #next: number | undefined;
  #waiting: Segment[] = [];
  #waitingOctets = 0;

  constructor(handler: StreamHandler) {
    this.#handler = handler;
  }

  /** Takes a segment; true when the connection ends with it. */
  take({ sequence, flags, payload }: TransportPacket): boolean {
    if (flags & TcpFlag.syn) {
      this.#next = (sequence + 1) >>> 0;
      return false;
    }
    this.#next ??= sequence;
    if (payload.length > 0) {
      this.#waiting.push({ sequence, octets: payload.slice() });
      this.#waitingOctets += payload.length;
      this.#deliver();
      if (this.#waitingOctets > MAX_WAITING_OCTETS) this.#giveUpGap();
    }
    return (flags & (TcpFlag.fin | TcpFlag.rst)) !== 0 && this.#waiting.length === 0;
  }

  /** The capture ends: what waits for missing segments comes after the gaps. */
  end(): void {
    while (this.#waiting.length > 0) this.#giveUpGap();
  }

  #deliver(): void {
    this.#waiting.sort((a, b) => this.#ahead(a) - this.#ahead(b));
    while (this.#waiting.length > 0 && this.#ahead(this.#waiting[0]!) <= 0) {
      const segment = this.#waiting.shift()!;
      this.#waitingOctets -= segment.octets.length;
      const fresh = segment.octets.subarray(-this.#ahead(segment));
      this.#next = (this.#next! + fresh.length) >>> 0;
      if (fresh.length > 0) this.#handler.octets(fresh);
    }
  }

  #giveUpGap(): void {
    const [first] = this.#waiting;
    this.#handler.gap(this.#ahead(first!));
    this.#next = first!.sequence;
    this.#deliver();
  }

  /** How far a segment begins after what is expected next, modulo 2^32; negative when it overlaps what was there. */
  #ahead({ sequence }: Segment): number {
    return (sequence - this.#next!) | 0;
  }
}
