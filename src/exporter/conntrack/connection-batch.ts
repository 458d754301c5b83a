import { ColumnAllocator } from './column-allocator.ts';

/** What a row is: a row of a dump, or one of the kernel's three events. */
export const RowKind = { dump: 0, new: 1, update: 2, destroy: 3 } as const;
export type RowKind = (typeof RowKind)[keyof typeof RowKind];

/** Bits of `status` (linux/netfilter/nf_conntrack_common.h, enum ip_conntrack_status) that the agent uses. */
export const ConnectionStatus = {
  seenReply: 1 << 1,
  assured: 1 << 2,
  sourceNat: 1 << 4,
  destinationNat: 1 << 5,
  dying: 1 << 9,
  offload: 1 << 14,
  hardwareOffload: 1 << 15,
  /**
   * Weir's own bit (the kernel uses the lower half): the kernel saw the TCP connection from its first packet.
   */
  openingSeen: 1 << 30,
} as const;

/**
 * Bits of a connection that a flow table has taken over. Its packets bypass conntrack; the kernel counts them
 * if the flow table has `counter`.
 */
export const IS_OFFLOADED = ConnectionStatus.offload | ConnectionStatus.hardwareOffload;

/** The tuple of one direction. Address words are network order read as numbers, IPv4 as ::ffff:a.b.c.d. */
export class TupleColumns {
  /** Four words a row. */
  readonly source: Uint32Array;
  readonly destination: Uint32Array;
  /** 0 for protocols without ports; GRE has its keys here. */
  readonly sourcePort: Uint16Array;
  readonly destinationPort: Uint16Array;
  /** ICMP and ICMPv6 only, otherwise 0. */
  readonly icmpId: Uint16Array;
  readonly icmpType: Uint8Array;
  readonly icmpCode: Uint8Array;

  constructor(columns: ColumnAllocator) {
    this.source = columns.words(4);
    this.destination = columns.words(4);
    this.sourcePort = columns.shorts();
    this.destinationPort = columns.shorts();
    this.icmpId = columns.shorts();
    this.icmpType = columns.octets();
    this.icmpCode = columns.octets();
  }

  clear(from: number, to: number): void {
    this.source.fill(0, 4 * from, 4 * to);
    this.destination.fill(0, 4 * from, 4 * to);
    for (const column of [this.sourcePort, this.destinationPort, this.icmpId]) column.fill(0, from, to);
    for (const column of [this.icmpType, this.icmpCode]) column.fill(0, from, to);
  }
}

/**
 * Up to 2048 conntrack rows, as columns over one ArrayBuffer that moves between threads by transfer. Its
 * first word is the number of rows. The columns follow, each aligned to 8 octets.
 */
export class ConnectionBatch {
  static readonly capacity = 2048;

  readonly buffer: ArrayBuffer;
  readonly kind: Uint8Array;
  /** AF_INET 2, AF_INET6 10. */
  readonly family: Uint8Array;
  /** Number of the IP protocol. */
  readonly protocol: Uint8Array;
  /** enum tcp_conntrack of linux/netfilter/nf_conntrack_tcp.h; 0 when the kernel sent none. */
  readonly tcpState: Uint8Array;
  readonly zone: Uint16Array;
  /** The kernel's id: the same in dumps and events; a reused 5-tuple gets another. */
  readonly id: Uint32Array;
  readonly status: Uint32Array;
  readonly mark: Uint32Array;
  readonly timeoutSeconds: Uint32Array;
  /** The tuple of the first packet, and that of the answers (after NAT). */
  readonly original: TupleColumns;
  readonly reply: TupleColumns;
  /**
   * NaN: the kernel sent no counters. It sends them in dumps and destroy events if accounting was on in time.
   */
  readonly originalPackets: Float64Array;
  readonly originalOctets: Float64Array;
  readonly replyPackets: Float64Array;
  readonly replyOctets: Float64Array;
  /**
   * Milliseconds since 1970 with fraction (the kernel has nanoseconds). NaN: not sent, as with the counters.
   */
  readonly startTimeMs: Float64Array;
  readonly stopTimeMs: Float64Array;
  /** When an event happened, or when the kernel began to write a row of a dump: milliseconds since 1970. */
  readonly timeMs: Float64Array;
  /**
   * In a dump's row: time from the last packet to `timeMs`, at most a second too long. In a destroyed
   * connection: time from the last packet to `stopTimeMs`, if the timeout ran out. Milliseconds; NaN when the
   * timeout is unknown.
   */
  readonly idleMs: Float64Array;
  readonly #rows: Uint32Array;
  readonly #used: number;

  /** Octets of every batch's buffer. */
  static readonly octets: number = new ConnectionBatch(new ArrayBuffer(1 << 20)).#used;

  /** Wraps a buffer of `ConnectionBatch.octets`, with the rows that it has. */
  constructor(buffer: ArrayBuffer) {
    const columns = new ColumnAllocator(buffer, ConnectionBatch.capacity);
    this.buffer = buffer;
    this.#rows = columns.header();
    this.originalPackets = columns.doubles();
    this.originalOctets = columns.doubles();
    this.replyPackets = columns.doubles();
    this.replyOctets = columns.doubles();
    this.startTimeMs = columns.doubles();
    this.stopTimeMs = columns.doubles();
    this.timeMs = columns.doubles();
    this.idleMs = columns.doubles();
    this.id = columns.words();
    this.status = columns.words();
    this.mark = columns.words();
    this.timeoutSeconds = columns.words();
    this.original = new TupleColumns(columns);
    this.reply = new TupleColumns(columns);
    this.zone = columns.shorts();
    this.kind = columns.octets();
    this.family = columns.octets();
    this.protocol = columns.octets();
    this.tcpState = columns.octets();
    this.#used = columns.used;
  }

  get rows(): number {
    return this.#rows[0]!;
  }

  set rows(rows: number) {
    this.#rows[0] = rows;
  }

  get isFull(): boolean {
    return this.rows >= ConnectionBatch.capacity;
  }

  /** Resets a used buffer: no rows, and every value absent. */
  empty(): this {
    this.clear(0, ConnectionBatch.capacity);
    this.rows = 0;
    return this;
  }

  /** Whatever a message leaves out must read as absent: 0, or NaN for counters and times. */
  clear(from: number, to: number): void {
    for (const column of this.#doubles) column.fill(Number.NaN, from, to);
    for (const column of this.#integers) column.fill(0, from, to);
    this.original.clear(from, to);
    this.reply.clear(from, to);
  }

  get #doubles(): readonly Float64Array[] {
    const { originalPackets, originalOctets, replyPackets, replyOctets } = this;
    const { startTimeMs, stopTimeMs, timeMs, idleMs } = this;
    return [
      originalPackets,
      originalOctets,
      replyPackets,
      replyOctets,
      startTimeMs,
      stopTimeMs,
      timeMs,
      idleMs,
    ];
  }

  get #integers(): readonly (Uint8Array | Uint16Array | Uint32Array)[] {
    const { id, status, mark, timeoutSeconds, zone, kind, family, protocol, tcpState } = this;
    return [id, status, mark, timeoutSeconds, zone, kind, family, protocol, tcpState];
  }
}
