import { TcpFlag, type TransportPacket } from './transport-packet.ts';

/** Maximum octets and segments that wait for a missing segment before it is given up. */
const MAX_WAITING_OCTETS = 1024 * 1024;
const MAX_WAITING_SEGMENTS = 2048;
/** Maximum octets that wait in all streams. */
const MAX_WAITING_OCTETS_OF_ALL = 64 * 1024 * 1024;

interface Segment {
  readonly sequence: number;
  readonly octets: Uint8Array;
}

/** Takes a stream's octets, in order. */
export interface StreamHandler {
  octets(octets: Uint8Array): void;
  /** This many octets are missing in the capture; the next octets follow them. */
  gap(octets: number): void;
}

/** Octets that wait in the streams of one capture. */
export interface Backlog {
  octets: number;
}

/**
 * One direction of a TCP connection, reassembled by sequence numbers (RFC 9293 section 3.4). Each octet comes
 * once and in order, whatever the order of capture.
 */
export class TcpStream {
  readonly #handler: StreamHandler;
  readonly #backlog: Backlog;
  /** Sequence number of the next octet; undefined until the first segment. */
  #next: number | undefined;
  /** In the order of their sequence numbers. */
  #waiting: Segment[] = [];
  #waitingOctets = 0;

  constructor(handler: StreamHandler, backlog: Backlog = { octets: 0 }) {
    this.#handler = handler;
    this.#backlog = backlog;
  }

  /** Takes a segment; true when the connection ends with it. */
  take({ sequence, flags, payload }: TransportPacket): boolean {
    if (flags & TcpFlag.syn) {
      this.#next = (sequence + 1) >>> 0;
      return false;
    }
    this.#next ??= sequence;
    if (payload.length > 0) {
      this.#insert({ sequence, octets: payload.slice() });
      this.#deliver();
      while (this.#isOverfull()) this.#giveUpGap();
    }
    return (flags & (TcpFlag.fin | TcpFlag.rst)) !== 0 && this.#waiting.length === 0;
  }

  /** The capture ends: segments that wait for missing ones follow after the gaps. */
  end(): void {
    while (this.#waiting.length > 0) this.#giveUpGap();
  }

  /** Inserts it after those that begin before it or with it. */
  #insert(segment: Segment): void {
    const ahead = this.#ahead(segment);
    let [from, to] = [0, this.#waiting.length];
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#ahead(this.#waiting[middle]!) <= ahead) from = middle + 1;
      else to = middle;
    }
    this.#waiting.splice(from, 0, segment);
    this.#count(segment.octets.length);
  }

  #deliver(): void {
    let delivered = 0;
    for (const segment of this.#waiting) {
      const ahead = this.#ahead(segment);
      if (ahead > 0) break;
      delivered++;
      this.#count(-segment.octets.length);
      const fresh = segment.octets.subarray(-ahead);
      this.#next = (this.#next! + fresh.length) >>> 0;
      if (fresh.length > 0) this.#handler.octets(fresh);
    }
    if (delivered > 0) this.#waiting.splice(0, delivered);
  }

  #isOverfull(): boolean {
    const isTooMuch = this.#waitingOctets > MAX_WAITING_OCTETS || this.#waiting.length > MAX_WAITING_SEGMENTS;
    return isTooMuch || (this.#waiting.length > 0 && this.#backlog.octets > MAX_WAITING_OCTETS_OF_ALL);
  }

  #giveUpGap(): void {
    const [first] = this.#waiting;
    this.#handler.gap(this.#ahead(first!));
    this.#next = first!.sequence;
    this.#deliver();
  }

  #count(octets: number): void {
    this.#waitingOctets += octets;
    this.#backlog.octets += octets;
  }

  /**
   * Distance of a segment from the next expected octet, modulo 2^32; negative when it overlaps earlier ones.
   */
  #ahead({ sequence }: Segment): number {
    return (sequence - this.#next!) | 0;
  }
}
